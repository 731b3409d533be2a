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
        string[] actual = ["row\tcase\toutcome\tpath\tbyte\tsentence", .. Lines()];
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
    public void Every_one_of_the_50_rows_is_in_the_table()
    {
        var rows = Lines().Select(line => line.Split('\t')[0]).Distinct();

        Assert.Equal(Enumerable.Range(1, 50).Select(row => $"P{row:00}"), rows);
    }

    [Fact]
    public void Names_of_cases_are_unique_so_that_a_line_is_found()
    {
        var cases = Lines().Select(line => string.Join('\t', line.Split('\t')[..2])).ToList();

        Assert.Equal(cases.Count, cases.Distinct().Count());
    }

    private static IEnumerable<string> Lines() => PoisonCases.All.Select(Line)
        .Concat(PoisonRecords.All.Select(poison => $"{poison.Row}\t{poison.Name}\t{poison.Outcome()}"))
        .OrderBy(line => line[..3], StringComparer.Ordinal);

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

    internal static IEnumerable<string> FlagNames(DecodedFlags flags)
    {
        (DecodedFlags Flag, string Name)[] all =
        [
            (DecodedFlags.BomStripped, "bom_stripped"),
            (DecodedFlags.KeyMismatch, "key_mismatch"),
            (DecodedFlags.Inconsistent, "inconsistent"),
            (DecodedFlags.BadHeader, "bad_header"),
        ];
        return all.Where(entry => flags.HasFlag(entry.Flag)).Select(entry => entry.Name);
    }
}
