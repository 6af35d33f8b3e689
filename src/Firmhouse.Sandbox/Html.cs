using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace Firmhouse.Sandbox;

/// <summary>A piece of HTML. Interpolated values are encoded, unless they are HTML themselves, so that no page can forget to.</summary>
internal readonly record struct Html(string Text)
{
    public static Html Of(Handler html) => new(html.ToString());

    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(piece => piece.Text)));

    [InterpolatedStringHandler]
    internal readonly struct Handler(int literalLength, int holes)
    {
        private readonly StringBuilder _html = new(literalLength + (holes * 32));

        public void AppendLiteral(string html) => _html.Append(html);

        public void AppendFormatted(Html html) => _html.Append(html.Text);

        public void AppendFormatted(string? text) => _html.Append(HtmlEncoder.Default.Encode(text ?? ""));

        public void AppendFormatted(Uri address) => AppendFormatted(address.AbsoluteUri);

        public void AppendFormatted(DateTimeOffset time, string format) => AppendFormatted(time.ToString(format));

        public override string ToString() => _html.ToString();
    }
}
