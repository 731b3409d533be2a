using Orders.Tools.Printing;

namespace Orders.Tools;

/// <summary>What every verb is given: where to print, the root of the repository, and the clock.</summary>
internal sealed record BusContext(Terminal Terminal, string Root, TimeProvider Time);
