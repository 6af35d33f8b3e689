using System.Globalization;
using System.Text.Json;

namespace Firmhouse.Sandbox;

/// <summary>One call of one of the two mutations, with its input.</summary>
internal sealed record MutationCall(GraphQLOperation Operation, GraphQLSelection Field, string Email, string ReturnUrl, string? ClientMutationId)
{
    /// <summary>The call asks for an e-mail with a login link; otherwise it asks for a login token.</summary>
    public bool IsEmail => Field.Name == GraphQLSchema.EmailLoginLink;

    /// <summary>Reads the call from its operation; null when that selects no mutation.</summary>
    public static MutationCall? From(GraphQLOperation operation, JsonElement variables)
    {
        var field = operation.Selections.FirstOrDefault(selection => selection.Name is GraphQLSchema.CreateLoginToken or GraphQLSchema.EmailLoginLink);
        return field is null ? null : new MutationCall(
            operation,
            field,
            Text("email") ?? "",
            Text("returnUrl") ?? "",
            Text("clientMutationId"));

        string? Text(string name) => GraphQLSchema.InputText(operation, field, variables, name);
    }
}

/// <summary>What Firmhouse answers to the two mutations, in exactly the fields that were selected.</summary>
internal sealed class LoginMutations(FirmhouseStandIn standIn)
{
    private const string TokenLoginPath = "en/sandbox-shop/self-service/token_login";

    /// <summary>Answers an operation that selects no mutation: <c>__typename</c>, and the query <c>_</c>, which is null.</summary>
    public static void WriteTypeName(Utf8JsonWriter json, GraphQLOperation operation)
    {
        json.WriteStartObject();
        json.WritePropertyName("data");
        WriteSelected(json, operation.Kind == "query" ? "Query" : "Mutation", operation.Selections, _ => json.WriteNullValue());
        json.WriteEndObject();
    }

    public void WriteAnswer(Utf8JsonWriter json, MutationCall call, Behaviour behaviour)
    {
        var error = TopLevelError(call, behaviour);
        json.WriteStartObject();
        if (error is not null)
        {
            GraphQLError.WriteList(json, [error]);
        }

        json.WritePropertyName("data");
        if (error is not null && behaviour != Behaviour.RecordNotFoundBesideNull)
        {
            json.WriteNullValue();
        }
        else
        {
            WriteSelected(json, "Mutation", call.Operation.Selections, _ => WritePayload(json, call, error is null ? behaviour : null));
        }

        json.WriteEndObject();
    }

    private static GraphQLError? TopLevelError(MutationCall call, Behaviour behaviour) => behaviour switch
    {
        // The e-mail mutation has a place for this in its payload.
        Behaviour.RecordNotFound or Behaviour.RecordNotFoundBesideNull => call.IsEmail ? null : new("Couldn't find Subscription")
        {
            Path = [call.Field.Key],
            Code = "RECORD_NOT_FOUND",
        },
        Behaviour.InputProblems => new("The email was provided invalid value")
        {
            Path = [call.Field.Key],
            Problem = new InputProblem("email", "is not an address that can receive e-mail"),
        },
        Behaviour.OtherError => new("Internal server error") { Path = [call.Field.Key], Code = "INTERNAL_SERVER_ERROR" },
        _ => null,
    };

    private void WritePayload(Utf8JsonWriter json, MutationCall call, Behaviour? behaviour)
    {
        if (behaviour is null or Behaviour.NothingAtAll)
        {
            json.WriteNullValue();
        }
        else if (call.IsEmail)
        {
            WriteEmailPayload(json, call, behaviour.Value);
        }
        else
        {
            WriteLoginTokenPayload(json, call, behaviour.Value);
        }
    }

    private void WriteLoginTokenPayload(Utf8JsonWriter json, MutationCall call, Behaviour behaviour)
    {
        var refused = behaviour == Behaviour.PayloadErrors;
        var token = refused ? null : standIn.LoginTokens.Create(call.Email);
        WriteSelected(json, "CreateSelfServiceCenterLoginTokenV2Payload", call.Field.Selections, selection =>
        {
            switch (selection.Name)
            {
                case "selfServiceCenterLoginToken" when token is not null:
                    WriteToken(json, selection.Selections, token, behaviour);
                    break;
                case "errors":
                    WriteModelErrors(json, selection.Selections, refused);
                    break;
                default:
                    json.WriteStringValue(selection.Name == "clientMutationId" ? call.ClientMutationId : null);
                    break;
            }
        });
    }

    private void WriteToken(Utf8JsonWriter json, IReadOnlyList<GraphQLSelection> selections, LoginToken token, Behaviour behaviour) =>
        WriteSelected(json, "SelfServiceCenterLoginToken", selections, selection => json.WriteStringValue(selection.Name switch
        {
            "token" => token.Value,
            "expiresAt" => token.ExpiresAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            _ when behaviour == Behaviour.ForeignReturnUrl => $"http://self-service.elsewhere.example/{TokenLoginPath}?token={token.Value}",
            _ => TokenLogin(token),
        }));

    private static void WriteModelErrors(Utf8JsonWriter json, IReadOnlyList<GraphQLSelection> selections, bool refused)
    {
        json.WriteStartArray();
        if (refused)
        {
            WriteSelected(json, "ModelValidationError", selections, selection =>
            {
                if (selection.Name == "path")
                {
                    json.WriteStartArray();
                    json.WriteStringValue("input");
                    json.WriteStringValue("email");
                    json.WriteEndArray();
                }
                else
                {
                    json.WriteStringValue(selection.Name == "attribute" ? "email" : "has no subscription that can log in");
                }
            });
        }

        json.WriteEndArray();
    }

    private void WriteEmailPayload(Utf8JsonWriter json, MutationCall call, Behaviour behaviour)
    {
        var error = behaviour switch
        {
            Behaviour.RecordNotFound or Behaviour.RecordNotFoundBesideNull => "not found",
            Behaviour.PayloadErrors => "has no subscription that can log in",
            _ => SendLoginLink(call),
        };
        WriteSelected(json, "CreateSelfServiceCenterLoginTokenPayload", call.Field.Selections, selection => json.WriteStringValue(selection.Name switch
        {
            "status" => error is null ? "success" : "error",
            "error" => error,
            _ => call.ClientMutationId,
        }));
    }

    /// <summary>Puts an e-mail into the outbox, or says why it cannot.</summary>
    private string? SendLoginLink(MutationCall call)
    {
        if (call.ReturnUrl.Length == 0)
        {
            standIn.Outbox.Send(call.Email, new Uri(TokenLogin(standIn.LoginTokens.Create(call.Email))));
            return null;
        }

        if (!Uri.TryCreate(call.ReturnUrl, UriKind.Absolute, out var selfServiceCenter) || selfServiceCenter.Scheme is not ("http" or "https"))
        {
            return "return url is not valid";
        }

        var link = new UriBuilder(selfServiceCenter) { Query = "token=" + standIn.LoginTokens.Create(call.Email).Value, Fragment = "" };
        link.Path = link.Path.TrimEnd('/') + "/token_login";
        standIn.Outbox.Send(call.Email, link.Uri);
        return null;
    }

    private string TokenLogin(LoginToken token) => $"{standIn.BaseAddress}{TokenLoginPath}?token={token.Value}";

    private static void WriteSelected(Utf8JsonWriter json, string type, IReadOnlyList<GraphQLSelection> selections, Action<GraphQLSelection> writeValue)
    {
        json.WriteStartObject();
        foreach (var selection in selections)
        {
            json.WritePropertyName(selection.Key);
            if (selection.Name == GraphQLSchema.TypeName)
            {
                json.WriteStringValue(type);
            }
            else
            {
                writeValue(selection);
            }
        }

        json.WriteEndObject();
    }
}
