namespace Firmhouse.SscLogin.Commands;

/// <summary>Why a command cannot do what it was asked for, in words for the person at the terminal.</summary>
/// <param name="message">The words.</param>
internal sealed class CommandException(string message) : Exception(message);
