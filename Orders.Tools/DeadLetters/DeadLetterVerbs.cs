using System.CommandLine;
using Orders.Tools.Running;

namespace Orders.Tools.DeadLetters;

/// <summary><c>bus dlq</c>: looks at records that could not be stored, and sends them through ingest again.</summary>
internal static class DeadLetterVerbs
{
    public static Command Define(BusContext bus) =>
        new("dlq", "Look at dead letters and replay them.") { List(bus), Show(bus), Replay(bus) };

    private static Command List(BusContext bus)
    {
        var state = new Option<string?>("--state") { Description = "dead, redelivering, parked or resolved; default: dead." };
        var reason = new Option<string?>("--reason") { Description = "Only this reason code." };
        var limit = new Option<int>("--limit") { Description = "At most this many.", DefaultValueFactory = _ => 50 };
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("list", "List dead letters, newest first.") { Options = { state, reason, limit, directory, json } };
        command.SetAction((arguments, cancellationToken) =>
            new DeadLetterList(bus, new(RunningSystem.Find(arguments.GetValue(directory), bus.Root))).RunAsync(
                arguments.GetValue(state) ?? "dead",
                arguments.GetValue(reason),
                arguments.GetValue(limit),
                arguments.GetValue(json),
                cancellationToken));
        return command;
    }

    private static Command Show(BusContext bus)
    {
        var id = new Argument<long>("ID") { Description = "The dead letter's number." };
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("show", "Show one: why, where from, its bytes, every attempt.")
        {
            Arguments = { id },
            Options = { directory, json },
        };
        command.SetAction((arguments, cancellationToken) =>
            new DeadLetterPage(bus, new(RunningSystem.Find(arguments.GetValue(directory), bus.Root))).RunAsync(
                arguments.GetValue(id), arguments.GetValue(json), cancellationToken));
        return command;
    }

    private static Command Replay(BusContext bus)
    {
        var ids = new Argument<long[]>("ID") { Description = "The dead letters' numbers.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Every dead letter that is dead now." };
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("replay", "Send dead letters through ingest again; 1 if any is refused again.")
        {
            Arguments = { ids },
            Options = { all, directory, json },
        };
        command.SetAction((arguments, cancellationToken) =>
        {
            var given = arguments.GetValue(ids) ?? [];
            if (given.Length > 0 == arguments.GetValue(all))
            {
                throw BusException.Failed("Give either the numbers of dead letters or --all. bus dlq list shows them.");
            }

            return new DeadLetterReplays(bus, new(RunningSystem.Find(arguments.GetValue(directory), bus.Root)))
                .RunAsync(arguments.GetValue(all) ? null : given, arguments.GetValue(json), cancellationToken);
        });
        return command;
    }
}
