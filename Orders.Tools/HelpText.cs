using System.CommandLine;
using System.Text;

namespace Orders.Tools;

/// <summary>What <c>bus</c> alone prints: examples, then the verbs.</summary>
internal static class HelpText
{
    private static readonly (string Verb, string Line)[] Examples =
    [
        ("up", "bus up --detach                    start everything, in the background"),
        ("up", "bus up --kafka 127.0.0.1:9092      the same on a Kafka that runs already"),
        ("up", "bus up -a 127.0.0.1:9000           the gateway on another port"),
        ("publish", "bus publish --count 1000           made-up orders"),
        ("publish", "bus publish -j order.json          one order from a file"),
        ("publish", "zcat orders.ndjson.gz | bus publish    one order per line"),
        ("publish", "bus publish --count 20000 --poison 1% --update 2% --ledger L    a mix, and what came of each send"),
        ("verify", "bus verify --ledger L              prove that nothing is lost, doubled, torn or out of order"),
        ("status", "bus status                         what runs, and what is wrong"),
        ("status", "bus status --json                  the same for a script, with connection strings"),
        ("load", "bus load --rate 1000 --duration 30s   latency per stage at a steady rate"),
        ("bench", "bus bench ingest                   orders per second, beside Postgres alone"),
        ("dlq", "bus dlq list                       records that could not be stored, and why"),
        ("dlq", "bus dlq replay 17 18               send two of them through ingest again"),
        ("pause", "bus pause --reason maintenance     stop ingesting until bus resume"),
        ("reprocess", "bus reprocess --from 2026-11-21T08:00:00Z --to end    ingest a range of the topic again"),
        ("reprocess", "bus reprocess --from 1200 --to 1300 --partition 2 --force    also what is stored already"),
        ("reprocess", "bus reprocess --job 3 --cancel     end one that runs"),
        ("migrate", "bus migrate --script               print the SQL of the migrations"),
        ("test", "bus test                           all tests"),
        ("test", "bus test pure                      those that need no server"),
        ("down", "bus down                           stop everything; the data stays"),
    ];

    public static string Of(Command root)
    {
        var text = new StringBuilder("Examples\n");
        foreach (var (_, line) in Examples)
        {
            text.Append("  ").Append(line).Append('\n');
        }

        text.Append("\nVerbs\n");
        foreach (var verb in root.Subcommands.Where(verb => !verb.Hidden))
        {
            text.Append("  ").Append(verb.Name.PadRight(10)).Append(verb.Description).Append('\n');
        }

        text.Append("\n  bus VERB --help shows a verb's options; --json gives a result for scripts; --dir D, where a verb has it, chooses which system.\n");
        text.Append("  Exit codes: 0 fine, 1 usage or refused, 2 something needed is missing or unreachable,\n");
        text.Append("  3 an invariant is violated, 4 a goal is missed, 130 interrupted.");
        return text.ToString();
    }

    public static IEnumerable<string> ExamplesOf(string verb) =>
        Examples.Where(example => example.Verb == verb).Select(example => example.Line);
}
