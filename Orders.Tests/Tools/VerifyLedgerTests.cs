using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orders.Contracts;
using Orders.Tools;
using Orders.Tools.Publish;
using Orders.Tools.Verify;

namespace Orders.Tests.Tools;

public sealed class VerifyLedgerTests : IDisposable
{
    private static readonly PublishedRecord Order = new("uid-1", "{}"u8.ToArray(), "test");

    private readonly string _file = Path.GetTempFileName();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void An_attempt_is_in_the_file_before_it_has_an_answer()
    {
        using var ledger = Ledger.Open(_file, Topics.Orders, seed: 7);
        ledger.Attempt(0, Order);
        var line = Lines()[^1];
        Assert.Equal("attempted", line.GetProperty("state").GetString());
        Assert.Equal("uid-1", line.GetProperty("uid").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("{}"u8)), line.GetProperty("hash").GetString());
    }

    [Fact]
    public async Task What_was_written_is_read_and_what_has_no_answer_is_unknown()
    {
        using (var ledger = Ledger.Open(_file, Topics.Orders, seed: 7))
        {
            ledger.Attempt(0, Order);
            ledger.Attempt(1, Order with { Value = default, IsRemoval = true });
            ledger.Attempt(2, Order);
            ledger.Attempt(3, Order);
            ledger.Ack(1, partition: 2, offset: 40);
            ledger.Ack(0, partition: 2, offset: 39);
            ledger.Doubt(2, "timed out");
        }

        var read = await LedgerFile.ReadAsync(_file, Token);
        Assert.Equal((4, 2, 2), (read.Attempted, read.Acked, read.Unknown));
        Assert.Equal([(39L, Digest.Of("{}"u8)), (40L, Digest.None)], read.AckedOf(2).Select(send => (send.Offset, send.Hash)));
        Assert.Equal(["unknown", "unknown"], Lines()[^2..].Select(line => line.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_killed_publisher_leaves_half_a_line_which_hides_nothing_and_the_next_run_goes_on()
    {
        using (var ledger = Ledger.Open(_file, Topics.Orders, seed: 7))
        {
            ledger.Attempt(0, Order);
        }

        await File.AppendAllTextAsync(_file, """{"state":"attem""", Token);
        Assert.Equal(1, (await LedgerFile.ReadAsync(_file, Token)).Attempted);

        using (var ledger = Ledger.Open(_file, Topics.Orders, seed: 8))
        {
            ledger.Attempt(0, Order);
            ledger.Ack(0, 1, 5);
        }

        var read = await LedgerFile.ReadAsync(_file, Token);
        Assert.Equal((2, 1), (read.Attempted, read.Acked));
    }

    [Fact]
    public async Task A_broken_line_in_the_middle_and_another_topic_are_refused()
    {
        await File.WriteAllTextAsync(_file, "{\"schema\":\"busorders/ledger/1\",\"topic\":\"orders\"}\n{\"sta\n{\"state\":\"attempted\",\"send\":1}\n", Token);
        var broken = await Assert.ThrowsAsync<BusException>(() => LedgerFile.ReadAsync(_file, Token));
        Assert.Equal($"{_file}, line 2 is not what bus publish wrote.", broken.Message);

        await File.WriteAllTextAsync(_file, "{\"schema\":\"busorders/ledger/1\",\"topic\":\"others\"}\n", Token);
        var other = await Assert.ThrowsAsync<BusException>(() => LedgerFile.ReadAsync(_file, Token));
        Assert.Equal($"{_file} is of topic others; verify knows what becomes of orders only.", other.Message);
    }

    private JsonElement[] Lines()
    {
        using var stream = new FileStream(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
