using System.Text;

namespace Firmhouse.Sandbox;

/// <summary>
/// As much of a GraphQL document as the stand-in needs: operations with their variables, and selections with their arguments.
/// Fragments and directives are not read; a document that uses them is told so.
/// </summary>
internal sealed record GraphQLDocument(IReadOnlyList<GraphQLOperation> Operations)
{
    /// <summary>Reads a document.</summary>
    /// <exception cref="FormatException">It is no GraphQL, or uses what the stand-in does not read.</exception>
    public static GraphQLDocument Parse(string text) => new Reader(text).ReadDocument();

    /// <summary>Reads tokens from left to right; <see cref="_token"/> is always the one to look at next.</summary>
    private sealed class Reader
    {
        private const string Punctuators = "!$&()[]{}:=|@";

        private readonly string _text;
        private int _next;
        private Token _token;

        public Reader(string text)
        {
            _text = text;
            Advance();
        }

        private enum TokenKind
        {
            End,
            Punctuator,
            Name,
            String,
            Number,
        }

        public GraphQLDocument ReadDocument()
        {
            var operations = new List<GraphQLOperation>();
            do
            {
                operations.Add(ReadOperation());
            }
            while (_token.Kind != TokenKind.End);

            return new GraphQLDocument(operations);
        }

        private GraphQLOperation ReadOperation()
        {
            if (Is("{"))
            {
                return new GraphQLOperation("query", Name: null, [], ReadSelections());
            }

            var kind = Expect(TokenKind.Name);
            if (kind is not ("query" or "mutation"))
            {
                throw new FormatException($"The sandbox reads queries and mutations only, not \"{kind}\"");
            }

            var name = _token.Kind == TokenKind.Name ? Expect(TokenKind.Name) : null;
            return new GraphQLOperation(kind, name, ReadVariables(), ReadSelections());
        }

        private List<GraphQLVariable> ReadVariables()
        {
            var variables = new List<GraphQLVariable>();
            if (!Skip("("))
            {
                return variables;
            }

            while (!Skip(")"))
            {
                var location = _token.Location;
                Expect("$");
                var name = Expect(TokenKind.Name);
                Expect(":");
                variables.Add(new GraphQLVariable(name, ReadType(), Skip("=") ? ReadValue() : null, location));
            }

            return variables;
        }

        private string ReadType()
        {
            string type;
            if (Skip("["))
            {
                type = $"[{ReadType()}]";
                Expect("]");
            }
            else
            {
                type = Expect(TokenKind.Name);
            }

            return Skip("!") ? type + "!" : type;
        }

        private List<GraphQLSelection> ReadSelections()
        {
            var selections = new List<GraphQLSelection>();
            Expect("{");
            do
            {
                var location = _token.Location;
                var name = Expect(TokenKind.Name);
                var key = name;
                if (Skip(":"))
                {
                    name = Expect(TokenKind.Name);
                }

                var arguments = Skip("(") ? ReadFields(until: ")") : [];
                selections.Add(new GraphQLSelection(key, name, arguments, Is("{") ? ReadSelections() : [], location));
            }
            while (!Skip("}"));

            return selections;
        }

        private Dictionary<string, GraphQLValue> ReadFields(string until)
        {
            var fields = new Dictionary<string, GraphQLValue>(StringComparer.Ordinal);
            while (!Skip(until))
            {
                var name = Expect(TokenKind.Name);
                Expect(":");
                fields[name] = ReadValue();
            }

            return fields;
        }

        private GraphQLValue ReadValue()
        {
            if (Skip("$"))
            {
                return new GraphQLValue.Variable(Expect(TokenKind.Name));
            }

            if (Skip("{"))
            {
                return new GraphQLValue.Input(ReadFields(until: "}"));
            }

            return _token.Kind switch
            {
                TokenKind.String => new GraphQLValue.Text(Expect(TokenKind.String)),
                TokenKind.Name => new GraphQLValue.Other(Expect(TokenKind.Name)),
                TokenKind.Number => new GraphQLValue.Other(Expect(TokenKind.Number)),
                _ => throw Unexpected("a value"),
            };
        }

        private bool Is(string punctuator) => _token.Kind == TokenKind.Punctuator && _token.Text == punctuator;

        private bool Skip(string punctuator)
        {
            if (!Is(punctuator))
            {
                return false;
            }

            Advance();
            return true;
        }

        private void Expect(string punctuator)
        {
            if (!Skip(punctuator))
            {
                throw Unexpected($"\"{punctuator}\"");
            }
        }

        private string Expect(TokenKind kind)
        {
            if (_token.Kind != kind)
            {
                throw Unexpected(kind.ToString());
            }

            var text = _token.Text;
            Advance();
            return text;
        }

        private FormatException Unexpected(string expected) => new(_token.Text is "..." or "@"
            ? $"The sandbox reads neither fragments nor directives, but found \"{_token.Text}\" at {_token.Location}"
            : $"Expected {expected}, actual: {_token.Kind} (\"{_token.Text}\") at {_token.Location}");

        private void Advance()
        {
            SkipIgnored();
            var (start, location) = (_next, LocationOf(_next));
            if (start == _text.Length)
            {
                _token = new Token(TokenKind.End, "", location);
                return;
            }

            var first = _text[start];
            if (first == '"')
            {
                _token = new Token(TokenKind.String, ReadString(location), location);
                return;
            }

            var kind = TokenKind.Punctuator;
            if (char.IsAsciiLetter(first) || first == '_')
            {
                kind = TokenKind.Name;
                TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c == '_');
            }
            else if (char.IsAsciiDigit(first) || first == '-')
            {
                kind = TokenKind.Number;
                TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or '.');
            }
            else if (string.CompareOrdinal(_text, start, "...", 0, 3) == 0)
            {
                _next += 3;
            }
            else if (Punctuators.Contains(first, StringComparison.Ordinal))
            {
                _next++;
            }
            else
            {
                throw new FormatException($"Expected no \"{first}\" at {location}");
            }

            _token = new Token(kind, _text[start.._next], location);
        }

        private void SkipIgnored()
        {
            TakeWhile(IsIgnored);
            while (_next < _text.Length && _text[_next] == '#')
            {
                TakeWhile(c => c is not ('\n' or '\r'));
                TakeWhile(IsIgnored);
            }

            static bool IsIgnored(char c) => c is ' ' or '\t' or '\n' or '\r' or ',' or '\uFEFF';
        }

        private void TakeWhile(Func<char, bool> belongs)
        {
            while (_next < _text.Length && belongs(_text[_next]))
            {
                _next++;
            }
        }

        private string ReadString(GraphQLLocation location)
        {
            var text = new StringBuilder();
            for (_next++; _next < _text.Length && _text[_next] is not ('\n' or '\r'); _next++)
            {
                var c = _text[_next];
                if (c == '"')
                {
                    _next++;
                    return text.ToString();
                }

                text.Append(c == '\\' ? ReadEscape(location) : c);
            }

            throw new FormatException($"Unterminated string at {location}");
        }

        private char ReadEscape(GraphQLLocation location)
        {
            _next++;
            return (_next < _text.Length ? _text[_next] : '\0') switch
            {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\b',
                'f' => '\f',
                var c and ('"' or '\\' or '/') => c,
                _ => throw new FormatException($"The sandbox does not read this escape in the string at {location}"),
            };
        }

        private GraphQLLocation LocationOf(int position)
        {
            var before = _text.AsSpan(0, position);
            return new GraphQLLocation(before.Count('\n') + 1, position - (before.LastIndexOf('\n') + 1) + 1);
        }

        private readonly record struct Token(TokenKind Kind, string Text, GraphQLLocation Location);
    }
}

/// <summary>A query or mutation of a document.</summary>
internal sealed record GraphQLOperation(
    string Kind,
    string? Name,
    IReadOnlyList<GraphQLVariable> Variables,
    IReadOnlyList<GraphQLSelection> Selections);

/// <summary>A variable as its operation declares it.</summary>
internal sealed record GraphQLVariable(string Name, string Type, GraphQLValue? Default, GraphQLLocation Location);

/// <summary>A selected field; <paramref name="Key"/> is its alias, or else its name.</summary>
internal sealed record GraphQLSelection(
    string Key,
    string Name,
    IReadOnlyDictionary<string, GraphQLValue> Arguments,
    IReadOnlyList<GraphQLSelection> Selections,
    GraphQLLocation Location);

/// <summary>The value of an argument.</summary>
internal abstract record GraphQLValue
{
    internal sealed record Variable(string Name) : GraphQLValue;

    internal sealed record Text(string Value) : GraphQLValue;

    internal sealed record Input(IReadOnlyDictionary<string, GraphQLValue> Fields) : GraphQLValue;

    /// <summary>null, true, false, a number or an enum: nothing that either mutation takes.</summary>
    internal sealed record Other(string Literal) : GraphQLValue;
}

/// <summary>A place in a document, counted from 1.</summary>
internal readonly record struct GraphQLLocation(int Line, int Column)
{
    public override string ToString() => $"[{Line}, {Column}]";
}
