using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Orders.Service.Ingest;
using Orders.Service.Ingest.Decoding;

namespace Orders.Tests.Ingest;

/// <summary>What is worth knowing about good records is counted, for people and for collectors alike.</summary>
public sealed class IngestNotesTests
{
    [Fact]
    public void Every_note_of_every_record_is_counted_once_and_measured()
    {
        using var provider = new ServiceCollection().AddMetrics().AddSingleton<IngestNotes>().BuildServiceProvider();
        var notes = provider.GetRequiredService<IngestNotes>();
        Dictionary<string, long> measured = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Orders.Service" && instrument.Name == "orders.ingest.notes"
                && instrument.Meter.Scope == provider.GetRequiredService<IMeterFactory>())
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            var note = (string)tags[0].Value!;
            measured[note] = measured.GetValueOrDefault(note) + count;
        });
        listener.Start();

        notes.Count([Noted(DecodedFlags.None), Noted(DecodedFlags.KeyMismatch | DecodedFlags.BomStripped), Noted(DecodedFlags.KeyMismatch)]);
        notes.Count([Noted(DecodedFlags.Inconsistent | DecodedFlags.BadHeader | DecodedFlags.KeyMismatch)]);

        var expected = new Dictionary<string, long> { ["bom_stripped"] = 1, ["inconsistent"] = 1, ["bad_header"] = 1, ["key_mismatch"] = 3 };
        Assert.Equal(expected, notes.Counts);
        Assert.Equal(expected, measured);
        Assert.All(expected.Keys, note => Assert.NotEmpty(IngestNotes.MeaningOf(note)));
    }

    private static DecodedRecord Noted(DecodedFlags notes) => new(new() { Offset = 0, Timestamp = 0 }, null, null, notes);
}
