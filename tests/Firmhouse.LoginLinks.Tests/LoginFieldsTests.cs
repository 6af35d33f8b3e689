using Microsoft.AspNetCore.WebUtilities;
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
    [InlineData("email=jane%40example.com&sig=0", false)]
    public void IsEmpty_IsTrue_OnlyWithoutAnyField(string query, bool isEmpty) =>
        LoginFields.From(QueryHelpers.ParseQuery(query)).IsEmpty.ShouldBe(isEmpty);
}
