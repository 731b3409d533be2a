using System.Globalization;
using Orders.Tools.Printing;

namespace Orders.Tools.Publish;

/// <summary>A bar on standard error while a person watches; nothing where nobody does.</summary>
internal sealed class ProgressLine(Terminal terminal, long? total, TimeProvider time)
{
    private const int Width = 30;
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);
    private readonly long _start = time.GetTimestamp();
    private long _lastDrawn;
    private bool _drawn;

    public void Show(long done)
    {
        if (!terminal.Interactive || (_drawn && time.GetElapsedTime(_lastDrawn) < Redraw))
        {
            return;
        }

        _drawn = true;
        _lastDrawn = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_start).TotalSeconds;
        terminal.Error.Write("\r" + Text(done, total, seconds) + "\u001b[K");
    }

    /// <summary>Takes the bar away.</summary>
    public void Clear()
    {
        if (_drawn)
        {
            terminal.Error.Write("\r\u001b[K");
        }
    }

    public static string Text(long done, long? total, double seconds)
    {
        var rate = string.Create(CultureInfo.InvariantCulture, $"{done:N0} orders, {done / Math.Max(seconds, 0.001):N0}/s");
        if (total is not > 0)
        {
            return rate;
        }

        var filled = (int)(Width * Math.Min(done, total.Value) / total.Value);
        var bar = new string('#', filled) + new string('.', Width - filled);
        return string.Create(CultureInfo.InvariantCulture, $"[{bar}] {100 * done / total.Value,3} %  {rate}");
    }
}
