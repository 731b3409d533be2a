using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Orders.Tools.Printing;

namespace Orders.Tools;

/// <summary>The verbs under one root. Help shows examples before anything else.</summary>
internal sealed class CommandLine
{
    private readonly BusContext _bus;
    private readonly RootCommand _root = new("Runs BusOrders on this machine and looks after it.");

    public CommandLine(BusContext bus, IReadOnlyList<Command> verbs)
    {
        _bus = bus;
        foreach (var verb in verbs)
        {
            _root.Subcommands.Add(verb);
        }

        _root.SetAction(_ =>
        {
            _bus.Terminal.Data(HelpText.Of(_root));
            return ExitCode.Fine;
        });
        var help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new ExamplesFirst(bus.Terminal, (HelpAction)help.Action!);
    }

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = _bus.Terminal.Output,
            Error = _bus.Terminal.Error,
        };
        try
        {
            return await _root.Parse(args).InvokeAsync(invocation, cancellationToken);
        }
        catch (BusException refused)
        {
            _bus.Terminal.Say($"bus: {refused.Message}");
            return refused.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _bus.Terminal.Say("bus: interrupted.");
            return ExitCode.Interrupted;
        }
        catch (DllNotFoundException missing)
        {
            _bus.Terminal.Say($"bus: {missing.Message}");
            return ExitCode.Unreachable;
        }
    }

    private sealed class ExamplesFirst(Terminal terminal, HelpAction standard) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var command = parseResult.CommandResult.Command;
            if (command is RootCommand)
            {
                terminal.Data(HelpText.Of(command));
                return ExitCode.Fine;
            }

            foreach (var example in HelpText.ExamplesOf(command.Name))
            {
                terminal.Data($"  {example}");
            }

            return standard.Invoke(parseResult);
        }
    }
}
