using System.Runtime.InteropServices;
using Orders.Tools.Running;

namespace Orders.Tools.Packages;

/// <summary>A package of the operating system and how to tell that what it brings is there.</summary>
internal sealed record DebianPackage(string Name, Func<bool> IsThere)
{
    public static readonly DebianPackage Librdkafka = new("librdkafka1", () =>
    {
        var found = NativeLibrary.TryLoad("librdkafka.so.1", out var handle);
        if (found)
        {
            NativeLibrary.Free(handle);
        }

        return found;
    });

    public static readonly DebianPackage Postgres = new("postgresql", () => PostgresBinaries.Find() is not null);
    public static readonly DebianPackage Redis = Program("redis-server", "redis-server");
    public static readonly DebianPackage Java = Program("default-jre-headless", "java");
    public static readonly DebianPackage Chromium = Program("chromium", "chromium");
    public static readonly DebianPackage Kcat = Program("kcat", "kcat");
    public static readonly DebianPackage Wrk = Program("wrk", "wrk");

    private static DebianPackage Program(string package, string program) => new(package, () => Programs.Find(program) is not null);
}

/// <summary>Installs the packages that are missing, as root or through sudo without a password; else says the one line to run.</summary>
internal static class DebianPackages
{
    // The packages' own servers must not start: bus runs private ones. Debian asks policy-rc.d before it starts any.
    private const string Script = """
        set -e
        export DEBIAN_FRONTEND=noninteractive
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            trap 'rm -f /usr/sbin/policy-rc.d' EXIT
            printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
            chmod 755 /usr/sbin/policy-rc.d
        fi
        for package in "$@"; do
            if [ "$package" = postgresql ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
                mkdir -p /etc/postgresql-common
                echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
            fi
        done
        apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }
        """;

    private const int TailLines = 12;

    public static async Task EnsureAsync(BusContext bus, IEnumerable<DebianPackage> needed, CancellationToken cancellationToken)
    {
        var missing = needed.Where(package => !package.IsThere()).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        var names = string.Join(' ', missing.Select(package => package.Name));
        bus.Terminal.Say($"Missing packages: {names}");
        var line = $"sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}";
        if (Programs.Find("apt-get") is null)
        {
            throw BusException.Unreachable($"There is no apt-get here to install them with. On Debian the line is: {line}");
        }

        if (!Environment.IsPrivilegedProcess && !await SudoNeedsNoPasswordAsync(cancellationToken))
        {
            throw BusException.Unreachable($"They can be installed by root only. Run: {line}");
        }

        bus.Terminal.Say($"Installing them with apt-get: {names}");
        var start = bus.Time.GetTimestamp();
        var output = await InstallAsync([.. missing.Select(package => package.Name)], cancellationToken);
        if (missing.FirstOrDefault(package => !package.IsThere()) is { } still)
        {
            throw BusException.Unreachable($"apt-get did not bring {still.Name}. Its last lines:\n{output}\nRun it yourself: {line}");
        }

        bus.Terminal.Say($"Installed in {bus.Time.GetElapsedTime(start).TotalSeconds:0.0} s.");
    }

    private static async Task<bool> SudoNeedsNoPasswordAsync(CancellationToken cancellationToken) =>
        Programs.Find("sudo") is { } sudo
        && (await Programs.RunAsync(sudo, ["-n", "true"], null, cancellationToken)).ExitCode == 0;

    private static async Task<string> InstallAsync(string[] names, CancellationToken cancellationToken)
    {
        string[] shell = ["sh", "-c", Script, "sh", .. names];
        var result = Environment.IsPrivilegedProcess
            ? await Programs.RunAsync(shell[0], shell[1..], null, cancellationToken)
            : await Programs.RunAsync("sudo", ["-n", .. shell], null, cancellationToken);
        return string.Join('\n', $"{result.Output}\n{result.Error}".Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(TailLines));
    }
}
