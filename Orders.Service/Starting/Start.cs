using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Service.Starting;

/// <summary>
/// Ends a start that cannot succeed with a line per error on standard error, as a person can act on it: exit code 1 for what is configured
/// wrongly, 2 for what does not answer. Anything else is a bug, and goes on with its stack trace.
/// </summary>
internal static class Start
{
    private const int Refused = 1;
    private const int Unreachable = 2;
    private const StringSplitOptions Trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
    private const string BinderSource = "Microsoft.Extensions.Configuration.Binder";

    public static async Task<int> RunAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception exception) when (Find(exception) is { } found)
        {
            foreach (var line in found.Lines.Distinct(StringComparer.Ordinal))
            {
                await Console.Error.WriteLineAsync($"Orders.Service: {line}");
            }

            return found.ExitCode;
        }
    }

    /// <summary>The host logs what it rethrows, stack trace and all; <see cref="RunAsync"/> says it.</summary>
    public static void QuietStart(this ILoggingBuilder logging) =>
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level is LogLevel.Information or LogLevel.Warning or LogLevel.Critical);

    /// <summary>Checks every setting before anything is made with them, so that all errors are said at once.</summary>
    public static void CheckSettings(this IHost host) => host.Services.GetRequiredService<IStartupValidator>().Validate();

    /// <summary>What to say of the exception; null for one that is not foreseen.</summary>
    internal static (IReadOnlyList<string> Lines, int ExitCode)? Find(Exception exception) => exception switch
    {
        OptionsValidationException invalid => ([.. invalid.Failures.Select(Plain)], Refused),
        AggregateException many when many.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            ([.. many.InnerExceptions.SelectMany(inner => ((OptionsValidationException)inner).Failures).Select(Plain)], Refused),

        // A value of the wrong form; its sentence names value and setting.
        InvalidOperationException { Source: BinderSource } unreadable => ([unreadable.Message], Refused),
        MassTransit.ConfigurationException { InnerException: MassTransit.ConfigurationException inner } => Find(inner),
        MassTransit.ConfigurationException wrong => (
            [.. wrong.Message.Split('\n', Trimmed).Where(line => line.StartsWith('[')).DefaultIfEmpty(wrong.Message)], Refused),
        PostgresException refused => ([$"Postgres refused: {refused.MessageText} (SQLSTATE {refused.SqlState})"], Refused),
        NpgsqlException or SocketException => (
            [$"Postgres does not answer: {exception.Message.TrimEnd('.')}. ConnectionStrings:Orders says where it is looked for."], Unreachable),

        // Entity Framework's frame around a failure that may pass.
        InvalidOperationException { InnerException: NpgsqlException inner } => Find(inner),
        _ => null,
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
