using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

public sealed class LoginFieldsTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("utm_source=mail", true)]
    [InlineData("email=", false)]
    [InlineData("exp=1", false)]
    [InlineData("kid=1", false)]
    [InlineData("email=jane%40example.com&sig=0", false)]
    public void IsEmpty_IsTrue_OnlyWithoutAnyField(string query, bool isEmpty) => LinkSigner.FieldsOf(query).IsEmpty.ShouldBe(isEmpty);

    [Fact]
    public void From_KeepsEveryValue_InTheFieldOfItsName()
    {
        var fields = LinkSigner.FieldsOf("email=a&EXP=b&Kid=c&sig=d&amp;email=e&%20exp%20=f&kid&SIG=h&utm_source=i");

        fields.Email.ShouldBe(["a", "e"]);
        fields.Expires.ShouldBe(["b", "f"]);
        fields.KeyId.ShouldBe(["c", ""]);
        fields.Signature.ShouldBe(["d", "h"]);
    }
}
