namespace Firmhouse.SscLogin.Commands;

/// <summary>Why a command failed, in words for the person at the terminal.</summary>
internal sealed class CommandException(string message) : Exception(message);
