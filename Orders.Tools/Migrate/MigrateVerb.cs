using System.CommandLine;
using Orders.Tools.Running;
using Orders.Tools.Up;

namespace Orders.Tools.Migrate;

/// <summary><c>bus migrate</c>: applies the service's migrations to the running system's database, or prints them.</summary>
internal static class MigrateVerb
{
    // Printing needs no database, so it works before the first start too.
    private const string NoDatabase = "Host=127.0.0.1";

    public static Command Define(BusContext bus)
    {
        var script = new Option<bool>("--script") { Description = "Print the SQL instead of running it." };
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("migrate", "Apply the database migrations, or print them.") { Options = { script, directory, json } };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var printed = arguments.GetValue(script);
            var output = printed
                ? await PrintAsync(bus, arguments.GetValue(directory), cancellationToken)
                : await ApplyAsync(bus, arguments.GetValue(directory), cancellationToken);
            if (arguments.GetValue(json))
            {
                bus.Terminal.Json(
                    new { schema = "busorders/migrate/1", script = printed ? output : null, output = printed ? null : output });
            }
            else if (printed)
            {
                bus.Terminal.Data(output);
            }
            else
            {
                bus.Terminal.Say(output.Length == 0 ? "Migrated." : output);
            }

            return ExitCode.Fine;
        });
        return command;
    }

    private static Task<string> ApplyAsync(BusContext bus, string? directory, CancellationToken cancellationToken)
    {
        var system = RunningSystem.Find(directory, bus.Root);
        return Migration.RunAsync(bus.Root, system.Connections.OwnerForHost, system.State.DatabaseSchema, [], cancellationToken);
    }

    private static Task<string> PrintAsync(BusContext bus, string? directory, CancellationToken cancellationToken)
    {
        var schema = StateFile.Read(Workspace.Of(directory, bus.Root))?.DatabaseSchema
            ?? Environment.GetEnvironmentVariable("Storage__Schema")
            ?? UpRequest.DefaultSchema;
        return Migration.RunAsync(bus.Root, NoDatabase, schema, ["--script"], cancellationToken);
    }
}
