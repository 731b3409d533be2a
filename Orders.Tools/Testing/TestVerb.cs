using System.CommandLine;
using System.Diagnostics;
using Orders.Tools.Packages;
using Orders.Tools.Running;

namespace Orders.Tools.Testing;

/// <summary><c>bus test</c>: installs what the tests need, runs them, and ends with one line of counts.</summary>
internal static class TestVerb
{
    /// <summary>The variable of the environment by which the tests of faults learn how long to last; the one value it has.</summary>
    internal const string FaultLengthVariable = "BUS_FAULT_LENGTH";
    internal const string LongFaults = "long";

    private const string Chaos = "chaos";

    /// <summary>How long the tests may take together before they are stopped as hung: twice what they take on two cores, which others may slow down.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(40);
    private static readonly TimeSpan ChaosPatience = TimeSpan.FromHours(3);
    private static readonly TimeSpan RestPatience = TimeSpan.FromSeconds(2);
    private static readonly string[] Categories = ["pure", "system", "kafka", Chaos];

    public static Command Define(BusContext bus)
    {
        var category = new Argument<string?>("CATEGORY")
        {
            Description = "pure (no server), system (Postgres, Redis, Chromium, embedded Kafka), kafka (a real Kafka) "
                + "or chaos (those of faults alone, each lasting long: an hour or two). Default: all but two of faults that last long.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = Workspace.JsonOption();
        var command = new Command("test", "Run the tests.") { Arguments = { category }, Options = { json } };
        command.SetAction((arguments, cancellationToken) =>
            RunAsync(bus, arguments.GetValue(category), arguments.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(BusContext bus, string? category, bool json, CancellationToken cancellationToken)
    {
        if (category is not null && !Categories.Contains(category))
        {
            throw BusException.Failed($"{category} is not a category of tests; there are {string.Join(", ", Categories)}.");
        }

        var kafkaHome = KafkaHome();
        if (kafkaHome is null && category is null or "kafka" or Chaos)
        {
            bus.Terminal.Say("Left out: category kafka, because KAFKA_HOME names no Kafka distribution.");
            if (category is not null)
            {
                return ExitCode.Unreachable;
            }
        }

        await DebianPackages.EnsureAsync(bus, Needed(category, kafkaHome), cancellationToken);
        return await RunTestsAsync(bus, category, kafkaHome, json, cancellationToken);
    }

    private static string? KafkaHome() =>
        Environment.GetEnvironmentVariable("KAFKA_HOME") is { Length: > 0 } home && File.Exists(Path.Combine(home, "bin", "kafka-server-start.sh"))
            ? home
            : null;

    private static DebianPackage[] Needed(string? category, string? kafkaHome)
    {
        if (category == "pure")
        {
            return [];
        }

        DebianPackage[] servers =
            [DebianPackage.Librdkafka, DebianPackage.Postgres, DebianPackage.Redis, DebianPackage.Chromium, DebianPackage.Kcat];
        return kafkaHome is null ? servers : [.. servers, DebianPackage.Java];
    }

    /// <summary>Which tests the runner is to take; those without a category are pure, long ones wait to be asked for by theirs.</summary>
    internal static string[] Filter(string? category, bool withKafka) => category switch
    {
        "pure" => ["-trait-", "Category=system", "-trait-", "Category=kafka"],
        not null => ["-trait", $"Category={category}"],
        _ => ["-trait-", withKafka ? "Length=long" : "Category=kafka"],
    };

    private static async Task<int> RunTestsAsync(
        BusContext bus, string? category, string? kafkaHome, bool json, CancellationToken cancellationToken)
    {
        var assembly = HostProgram.Of(bus.Root, "Orders.Tests").Assembly;
        var folder = new TestFolder(bus);
        var results = Path.Combine(folder.Path, "results.xml");
        string[] arguments =
            [assembly, "-noLogo", "-noColor", "-noAutoReporters", .. Filter(category, kafkaHome is not null), "-xml", results];
        var start = new ProcessStartInfo(HostProgram.DotnetFile, arguments)
        {
            WorkingDirectory = Path.GetDirectoryName(assembly),
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["KAFKA_HOME"] = kafkaHome ?? "";
        start.Environment["TMPDIR"] = folder.Path;
        if (category == Chaos)
        {
            start.ArgumentList.Add("-showLiveOutput");
            start.Environment[FaultLengthVariable] = LongFaults;
        }

        try
        {
            using var process = Process.Start(start) ?? throw BusException.Failed("The test runner did not start.");
            process.StandardInput.Close();
            await ForwardAsync(bus, process, category == Chaos ? ChaosPatience : Patience, json, cancellationToken);
            var counts = TestCounts.Read(results)
                ?? throw BusException.Failed($"The test runner ended with exit code {process.ExitCode} and wrote no results.");
            if (json)
            {
                bus.Terminal.Json(new { schema = "busorders/test/1", counts.Passed, counts.Failed, counts.Skipped });
            }
            else
            {
                bus.Terminal.Data(counts.ToString());
            }

            return counts.Failed == 0 && process.ExitCode == 0 ? ExitCode.Fine : ExitCode.Failed;
        }
        finally
        {
            await folder.ClearAsync();
        }
    }

    private static async Task ForwardAsync(BusContext bus, Process process, TimeSpan patience, bool json, CancellationToken cancellationToken)
    {
        var whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                whole.TrySetResult();
            }
            else if (json)
            {
                bus.Terminal.Say(line.Data);
            }
            else
            {
                bus.Terminal.Data(line.Data);
            }
        };
        process.Exited += (_, _) => ended.TrySetResult();
        process.EnableRaisingEvents = true;
        process.BeginOutputReadLine();
        try
        {
            await ended.Task.WaitAsync(patience, bus.Time, cancellationToken);
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw stopped is TimeoutException
                ? BusException.Failed(
                    $"The tests did not end within {patience.TotalMinutes:0} minutes and are stopped. The lines [Long Running Test] above name what hung.")
                : new OperationCanceledException(cancellationToken);
        }

        // A process that a broken test left behind may hold the output open for ever; what the runner wrote has come by then.
        await Task.WhenAny(whole.Task, Task.Delay(RestPatience, bus.Time, cancellationToken));
    }
}
