using Orders.Tools;
using Orders.Tools.Bench;
using Orders.Tools.DeadLetters;
using Orders.Tools.Down;
using Orders.Tools.Load;
using Orders.Tools.Migrate;
using Orders.Tools.Pausing;
using Orders.Tools.Printing;
using Orders.Tools.Publish;
using Orders.Tools.Reprocess;
using Orders.Tools.Running;
using Orders.Tools.Status;
using Orders.Tools.Testing;
using Orders.Tools.Up;
using Orders.Tools.Verify;

using var interruption = new Interruption();
var bus = new BusContext(Terminal.OfProcess(), BusRoot.Find(), TimeProvider.System);

return await new CommandLine(
    bus,
    [
        UpVerb.Define(bus),
        DownVerb.Define(bus),
        StatusVerb.Define(bus),
        PublishVerb.Define(bus),
        VerifyVerb.Define(bus),
        DeadLetterVerbs.Define(bus),
        PauseVerbs.Pause(bus),
        PauseVerbs.Resume(bus),
        ReprocessVerb.Define(bus),
        MigrateVerb.Define(bus),
        LoadVerb.Define(bus),
        BenchVerb.Define(bus),
        TestVerb.Define(bus),
        SuperviseVerb.Define(bus),
    ]).RunAsync(args, interruption.Token);
