using System.Text.Json;
using Bus.Storage;
using Bus.Storage.Outbox;
using Orders.Contracts;
using Orders.Service.Storage;
using Orders.Tools;
using Orders.Tools.Bench;
using Orders.Tools.Running;

namespace Orders.Tests.Tools;

public sealed class BenchResultTests
{
    private const string WrkOutput = """
        Running 5s test @ http://127.0.0.1:8081/order/b563feb7b2b84b6test
          1 threads and 64 connections
          Thread Stats   Avg      Stdev     Max   +/- Stdev
            Latency     0.98ms    1.20ms  24.11ms   92.11%
            Req/Sec    70.80k     6.10k   81.06k    74.00%
          Latency Distribution
             50%  812.00us
             75%    1.01ms
             90%    1.45ms
             99%    6.21ms
          352437 requests in 5.01s, 374.71MB read
        Requests/sec:  70346.71
        Transfer/sec:     74.79MB
        """;

    private static readonly BenchResult Result = new(
        "ingest", 40_000, "orders/s", 50_000, "Postgres alone", 200_000, 5,
        new BenchCost(new Dictionary<string, double> { ["service"] = 0.02, ["postgres"] = 0.018, ["kafka"] = 0.002 }, 0.05))
    {
        PeakMemory = new Dictionary<string, long> { ["service"] = 200 * 1024 * 1024 },
        Details = new Dictionary<string, double> { ["bytes per order"] = 835.2 },
    };

    [Fact]
    public void The_result_for_scripts_keeps_its_schema()
    {
        var result = Schemas.Validate(JsonSerializer.Serialize(Result.ForScripts(), JsonSerializerOptions.Web));
        Assert.Equal(
            ("ingest", 40_000, "orders/s", 50_000, 0.8, 200_000),
            (result.GetProperty("name").GetString(), result.GetProperty("figure").GetDouble(), result.GetProperty("unit").GetString(),
                result.GetProperty("ceiling").GetDouble(), result.GetProperty("ratio").GetDouble(), result.GetProperty("count").GetInt64()));
    }

    [Fact]
    public void Figure_ceiling_and_ratio_stand_at_the_top()
    {
        Assert.Equal(
            [
                "ingest         40,000 orders/s   200,000 in 5.00 s",
                "ceiling        50,000 orders/s   Postgres alone",
                "ratio            0.80",
                "service        0.0200 CPU seconds per 1,000, at most 200 MiB",
                "postgres       0.0180 CPU seconds per 1,000",
                "kafka          0.0020 CPU seconds per 1,000",
                "               835.20 bytes per order",
            ],
            Result.ForPeople());
    }

    [Fact]
    public void A_busy_machine_is_said()
    {
        var busy = Result with { Cost = Result.Cost with { CoresUsedByOthers = Environment.ProcessorCount } };
        Assert.StartsWith("Other programs used", busy.ForPeople().Last());
    }

    [Fact]
    public void What_wrk_prints_is_read()
    {
        var run = Wrk.Read(WrkOutput);
        Assert.Equal((70_346.71, 352_437L, 6.21), (run.PerSecond, run.Requests, run.P99));
    }

    [Theory]
    [InlineData("  Non-2xx or 3xx responses: 12")]
    [InlineData("  Socket errors: connect 0, read 3, write 0, timeout 0")]
    public void A_run_with_errors_is_no_figure(string trouble) =>
        Assert.Contains(trouble.Trim(), Assert.Throws<BusException>(() => Wrk.Read($"{WrkOutput}\n{trouble}")).Message);

    [Fact]
    public void The_median_is_the_middle_or_between_the_middle_two()
    {
        Assert.Equal(3, GatewayBench.Median([9, 1, 3]));
        Assert.Equal(2.5, GatewayBench.Median([4, 1, 3, 2]));
    }

    [Fact]
    public void The_log_of_a_gateway_tells_how_long_priming_took() =>
        Assert.Equal(
            (1_000_000L, 3.25),
            PrimeBench.Primed("info: Orders.Gateway[6001]\n      Primed 1000000 orders, 1199000000 bytes of L1, in 3.25 s. Ready.\n"));

    [Theory]
    [InlineData("LockWatermarks", "Inbox.LockWatermarks", true)]
    [InlineData("IsAnyParked", "Parking.IsAnyParked", true)]
    [InlineData("AccountRange", "Inbox.AccountRange", true)]
    [InlineData("CopyEvents", "Outbox.CopyEvents", true)]
    [InlineData("InsertEvents", "Outbox.AppendEvents", true)]
    [InlineData("InsertOrders", "InsertOrders", false)]
    [InlineData("CopyOrders", "CopyOrders", false)]
    public void The_ceiling_of_ingest_sends_the_statements_of_the_service(string ceiling, string service, bool isOfLibrary)
    {
        var sql = isOfLibrary ? SqlText.Read($"{service}.sql") : SqlText.Read(typeof(OrdersDbContext).Assembly, $"{service}.sql");
        Assert.Equal(WithoutComments(sql), WithoutComments(BenchOrders.Sql($"Ceiling{ceiling}.sql")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void The_ceiling_of_ingest_appends_events_by_the_statement_of_the_service(int rows) =>
        Assert.Equal(WithoutComments(Outbox.AppendRows(rows)), WithoutComments(CeilingRows.InsertEvents(rows)));

    [Fact]
    public void Events_share_rows_as_those_of_the_service()
    {
        var orders = BenchOrders.Make(100, CancellationToken.None);
        var rows = OutboxRow.Of([.. orders.Select(order => new NewEvent(order.Uid, 1, OrderEventTypes.Created, order.Content, null))]);

        Assert.Equal(
            rows.Select(row => (row.LaneNumber, row.Bytes, string.Join(' ', row.Places.Select(place => orders[place].Uid)))),
            BenchLane.Rows(orders).Select(row => (row.Lane, row.Bytes, string.Join(' ', row.Orders.Select(order => order.Uid)))));
    }

    [Fact]
    public void The_usual_order_has_the_usual_size() => Assert.Equal(BenchOrders.UsualBytes, BenchOrders.Usual().Content.Length);

    [Fact]
    public void A_process_has_used_memory_and_time()
    {
        var process = ProcessIdentity.Current;
        var bus = new BusContext(null!, "", TimeProvider.System);
        var reading = new Meter(bus, new Dictionary<string, ProcessIdentity> { ["service"] = process }).Read();

        Assert.True(Meter.PeakMemory(process) > 1024 * 1024);
        Assert.True(reading.Own > 0 && reading.Machine >= reading.Own, $"{reading}");
    }

    [Theory]
    [InlineData(null, null, "KAFKA_HOME is not set")]
    [InlineData("embedded", "/opt/kafka", "keeps too little")]
    public void Without_a_real_kafka_nothing_is_measured(string? kafka, string? home, string said)
    {
        var refused = Assert.Throws<BusException>(() => BenchSystem.MustBeReal(kafka, home));
        Assert.Equal(ExitCode.Unreachable, refused.ExitCode);
        Assert.Contains(said, refused.Message);
    }

    private static string WithoutComments(string sql) =>
        string.Join('\n', sql.Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal))).Trim();
}
