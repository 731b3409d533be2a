using System.Globalization;
using Orders.Service.Ingest.Decoding;
using Orders.Tests.Tidy;

namespace Orders.Tests.Ingest.Decoding;

/// <summary>
/// What becomes of every poison input, as a table a person can read and check: <c>poison.golden.tsv</c>. A difference is either a
/// defect or a decision; for a decision, take over the lines from the file the message names.
/// </summary>
public sealed class PoisonGoldenTests
{
    private const string Golden = "Orders.Tests/Ingest/Decoding/poison.golden.tsv";

    [Fact]
    public void Every_poison_input_comes_out_as_the_golden_file_says()
    {
        string[] actual = ["row\tcase\toutcome\tpath\tbyte\tsentence", .. PoisonCases.All.Select(Line)];
        var expected = File.ReadAllLines(SourceTree.Repository.PathOf(Golden));
        if (!actual.SequenceEqual(expected))
        {
            var copy = Path.Combine(AppContext.BaseDirectory, Path.GetFileName(Golden));
            File.WriteAllLines(copy, actual);
            var gone = expected.Except(actual).Select(line => $"- {line}");
            var differences = gone.Concat(actual.Except(expected).Select(line => $"+ {line}"));
            Assert.Fail($"{Golden} differs (- expected, + found); the table as found is {copy}.\n{string.Join('\n', differences)}");
        }
    }

    [Fact]
    public void Every_row_that_decoding_can_tell_is_in_the_table()
    {
        var rows = PoisonCases.All.Select(poison => poison.Row).ToHashSet();

        var wanted = Enumerable.Range(1, 43).Concat([46, 47, 48]).Select(row => $"P{row:00}");

        Assert.Empty(wanted.Except(rows));
    }

    [Fact]
    public void Names_of_cases_are_unique_so_that_a_line_is_found()
    {
        var cases = PoisonCases.All.Select(poison => (poison.Row, poison.Name)).ToList();

        Assert.Equal(cases.Count, cases.Distinct().Count());
    }

    private static string Line(PoisonCase poison)
    {
        var reader = SampleOrder.Reader(poison.Strict ? ConsistencyRule.Reject : ConsistencyRule.Accept);
        var decoded = reader.Read(poison.Key, poison.Value, poison.HeaderCount, poison.HeaderBytes);
        var refusal = decoded.Refusal;
        var position = refusal?.BytePosition?.ToString(CultureInfo.InvariantCulture);
        return string.Join('\t', poison.Row, poison.Name, Outcome(decoded), refusal?.JsonPath, position, refusal?.Sentence).TrimEnd('\t');
    }

    private static string Outcome(Decoded decoded) => decoded.Kind switch
    {
        DecodedKind.Order => "STORE" + string.Concat(FlagNames(decoded.Flags).Select(name => " " + name)),
        DecodedKind.Tombstone => "REMOVE",
        DecodedKind.Ignored => $"IGNORE:{decoded.Rule}",
        _ => $"DEAD:{decoded.Refusal!.Reason}",
    };

    private static IEnumerable<string> FlagNames(DecodedFlags flags)
    {
        (DecodedFlags Flag, string Name)[] all =
        [
            (DecodedFlags.BomStripped, "bom_stripped"),
            (DecodedFlags.KeyMismatch, "key_mismatch"),
            (DecodedFlags.Inconsistent, "inconsistent"),
        ];
        return all.Where(entry => flags.HasFlag(entry.Flag)).Select(entry => entry.Name);
    }
}
