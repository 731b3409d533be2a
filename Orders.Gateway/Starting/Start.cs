using Microsoft.Extensions.Options;

namespace Orders.Gateway.Starting;

/// <summary>
/// Ends a start that cannot succeed for how the host is configured with a line per error on standard error and exit code 1. What does not answer is
/// no such error: the gateway starts and waits for it. Anything else is a bug, and goes on with its stack trace.
/// </summary>
internal static class Start
{
    private const int Refused = 1;
    private const string BinderSource = "Microsoft.Extensions.Configuration.Binder";

    public static async Task<int> RunAsync(Func<Task> run)
    {
        try
        {
            await run();
            return 0;
        }
        catch (Exception exception) when (Find(exception) is { Count: > 0 } lines)
        {
            foreach (var line in lines.Distinct(StringComparer.Ordinal))
            {
                await Console.Error.WriteLineAsync($"Orders.Gateway: {line}");
            }

            return Refused;
        }
    }

    /// <summary>Checks every setting before anything is made with them, so that all errors are said at once.</summary>
    public static void CheckSettings(this IHost host) => host.Services.GetRequiredService<IStartupValidator>().Validate();

    /// <summary>What to say of the exception; nothing for one that is not foreseen.</summary>
    internal static IReadOnlyList<string> Find(Exception exception) => exception switch
    {
        OptionsValidationException invalid => [.. invalid.Failures.Select(Plain)],
        AggregateException many => [.. many.InnerExceptions.OfType<OptionsValidationException>().SelectMany(inner => inner.Failures).Select(Plain)],

        // A value of the wrong form; its sentence names value and setting.
        InvalidOperationException { Source: BinderSource } unreadable => [unreadable.Message],
        _ => [],
    };

    /// <summary>Our own sentence out of the frame that validation puts around it: one that names the setting as <c>Section:Name</c>.</summary>
    private static string Plain(string failure)
    {
        const string Before = " with the error: '";
        var at = failure.IndexOf(Before, StringComparison.Ordinal);
        if (at >= 0)
        {
            return failure[(at + Before.Length)..].TrimEnd('\'', '.') + ".";
        }

        var words = failure.Split(' ', 3);
        return words.Length == 3 && words[0].EndsWith(':') && words[1].Contains(':', StringComparison.Ordinal) ? $"{words[1]} {words[2]}" : failure;
    }
}
