using Orders.Tools.Up;

namespace Orders.Tools.Running;

/// <summary>A host's built program and how to run it with the dotnet that runs this process.</summary>
internal sealed record HostProgram(string Assembly)
{
    private static readonly string Dotnet =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? Environment.ProcessPath!
            : Programs.Find("dotnet") ?? "dotnet";

    public static string DotnetFile => Dotnet;

    public static HostProgram Of(string root, string project)
    {
        var assembly = Path.Combine(root, project, "bin", "Release", "net10.0", $"{project}.dll");
        return File.Exists(assembly)
            ? new(assembly)
            : throw BusException.Failed($"{assembly} is not there. Build it with: dotnet build -c Release {root}");
    }

    public Launch Launch(string log, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        new(log, Dotnet, [Assembly, .. arguments]) { Environment = environment, WorkingDirectory = Path.GetDirectoryName(Assembly) };
}
