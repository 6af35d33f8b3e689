namespace Firmhouse.SscLogin.Pages;

/// <summary>How a page helps a customer on.</summary>
internal enum Advice
{
    /// <summary>By words alone.</summary>
    Words,

    /// <summary>By saying when to try again.</summary>
    Wait,

    /// <summary>By the form that asks for a login link.</summary>
    Form,
}
