using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orders.Tools.Printing;

/// <summary>Where a verb prints: data on standard output, everything said to a person on standard error.</summary>
internal sealed class Terminal(TextWriter output, TextWriter error, bool interactive)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // The result goes to a terminal or a program, never into HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions IndentedAscii = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Lock _gate = new();

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>Whether a person watches standard error, so that a progress bar makes sense.</summary>
    public bool Interactive { get; } = interactive;

    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsErrorRedirected);

    /// <summary>A message for the person.</summary>
    public void Say(string message)
    {
        lock (_gate)
        {
            Error.WriteLine(message);
        }
    }

    /// <summary>A line of the result.</summary>
    public void Data(string line)
    {
        lock (_gate)
        {
            Output.WriteLine(line);
        }
    }

    /// <summary>The result for a script; <paramref name="result"/> has a <c>schema</c>.</summary>
    public void Json(object result) => Data(JsonSerializer.Serialize(result, Indented));

    /// <summary>A result with text in it that others wrote: whatever is not plain ASCII is escaped.</summary>
    public void JsonOfOthers(object result) => Data(JsonSerializer.Serialize(result, IndentedAscii));
}
