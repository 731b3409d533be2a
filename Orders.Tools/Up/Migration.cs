using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>Runs the service's own migrations as the role that owns the database.</summary>
internal static class Migration
{
    public static async Task<string> RunAsync(
        string root, string connectionString, string databaseSchema, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Orders"] = connectionString,
            ["Storage__Schema"] = databaseSchema,
        };
        var launch = HostProgram.Of(root, "Orders.Service").Launch("", ["migrate", .. arguments], environment);
        return await Programs.MustRunAsync(launch.File, launch.Arguments, launch.Environment, cancellationToken);
    }
}
