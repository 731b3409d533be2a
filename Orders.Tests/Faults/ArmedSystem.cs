using System.Diagnostics;
using Orders.Tests.Servers;
using Orders.Tests.Tidy;
using Orders.Tests.WholePath;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>
/// A whole system on Apache Kafka whose hosts have failpoints. They are built when a test first asks for them, beside the ordinary ones, and reach
/// <c>bus up</c> as the root it looks for hosts under; nothing of the command knows of them.
/// </summary>
internal sealed class ArmedSystem : IAsyncDisposable
{
    private static readonly string[] Hosts = ["Orders.Service", "Orders.Gateway"];
    private static readonly Lazy<Task<string>> Built = new(BuildAsync);

    private readonly string _folder;
    private readonly ProcessIdentity _supervisor;

    private ArmedSystem(string folder, BusSystem bus, ProcessIdentity supervisor) => (_folder, Bus, _supervisor) = (folder, bus, supervisor);

    public BusSystem Bus { get; }

    public static async Task<ArmedSystem> UpAsync(params (string Name, string Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("busorders-failpoints-").FullName;
        var bus = await BusSystem.UpAsync(
            realKafka: true,
            [("BUS_ROOT", await Built.Value), ("BUS_FAILPOINTS", $"@{RulesIn(folder)}"), ("BUS_FAILPOINTS_LOG", folder), .. settings]);
        using var supervisor = await bus.ProcessAsync("supervisor");
        return new ArmedSystem(folder, bus, ProcessIdentity.Of(supervisor.Id)!);
    }

    /// <summary>From now on these rules hold, and no others; the processes see them at once.</summary>
    public void Arm(string rules)
    {
        // A process that looks meanwhile sees all of the old ones or all of the new ones.
        File.WriteAllText($"{RulesIn(_folder)}.new", rules);
        File.Move($"{RulesIn(_folder)}.new", RulesIn(_folder), overwrite: true);
    }

    public void Disarm() => Arm("");

    /// <summary>How often a point was passed.</summary>
    public long Hits(string point) => Lines().LongCount(line => line == point);

    /// <summary>How often it did what it was armed with.</summary>
    public long Fired(string point) => Lines().LongCount(line => line == $"{point}!");

    /// <summary>Returns when a point has fired so often; a host that died of it is started again without the usual back-off.</summary>
    public async Task FiredAsync(string point, long times = 1)
    {
        await Eventually.SeeAsync(() => Task.FromResult(Fired(point)), fired => fired >= times);
        Hurry();
    }

    /// <summary>Whoever waits to start a process again waits no longer.</summary>
    public void Hurry() => Signals.Send(_supervisor, Signals.Continue);

    public async Task KillAsync(string name)
    {
        using var process = await Bus.ProcessAsync(name);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Hurry();
    }

    public async ValueTask DisposeAsync()
    {
        Disarm();
        await Bus.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string RulesIn(string folder) => Path.Combine(folder, "rules");

    private IEnumerable<string> Lines() => Directory.EnumerateFiles(_folder, "*.hits").SelectMany(File.ReadLines);

    private static async Task<string> BuildAsync()
    {
        var start = Stopwatch.GetTimestamp();
        var root = SourceTree.Repository.PathOf(".bus/failpoints");
        // What the ordinary build restored fits; no build server is left behind.
        (await Command.RunAsync(
            "dotnet",
            [
                "build", SourceTree.Repository.PathOf("build/failpoints/hosts.proj"), "--no-restore", "--nologo", "-v", "q", "-nodeReuse:false",
                "-p:UseSharedCompilation=false",
            ])).Succeeded();
        foreach (var host in Hosts)
        {
            var place = Directory.CreateDirectory(Path.Combine(root, host, "bin", "Release")).FullName;
            var link = new FileInfo(Path.Combine(place, "net10.0"));
            if (link.LinkTarget is null)
            {
                link.CreateAsSymbolicLink(SourceTree.Repository.PathOf($"{host}/bin/Failpoints/net10.0"));
            }
        }

        TestContext.Current.SendDiagnosticMessage($"The hosts with failpoints were built in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s.");
        return root;
    }
}
