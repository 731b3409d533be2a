using System.Reflection;

namespace Bus.Storage;

/// <summary>SQL that lives in embedded <c>.sql</c> files.</summary>
public static class SqlText
{
    /// <summary>The text of the resource whose name ends in <paramref name="name"/>, such as <c>Inbox.LockWatermarks.sql</c>.</summary>
    public static string Read(Assembly assembly, string name)
    {
        var resource = assembly.GetManifestResourceNames().SingleOrDefault(candidate => candidate.EndsWith("." + name, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"The SQL resource '{name}' is not in {assembly.GetName().Name}.");
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    internal static string Read(string name) => Read(typeof(SqlText).Assembly, name);
}
