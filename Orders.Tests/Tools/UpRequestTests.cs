using System.Net;
using Orders.Tools;
using Orders.Tools.Running;
using Orders.Tools.Up;

namespace Orders.Tests.Tools;

public sealed class UpRequestTests
{
    private static readonly UpRequest Plain = new(null, null, null, null);

    [Fact]
    public void The_first_start_takes_the_known_ports_and_free_ones_for_the_rest()
    {
        var state = Plain.Prepare(null, _ => true);
        Assert.Equal("127.0.0.1:8081", state.Addresses.Gateway);
        Assert.Equal(8082, state.Addresses.Operations);
        Assert.Equal("orders", state.DatabaseSchema);
        Assert.True(state.Kafka.IsEmbedded);
        var ports = new[] { state.Addresses.Postgres, state.Addresses.Redis, state.Addresses.Kafka, state.Addresses.KafkaController };
        Assert.Equal(4, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port, 20_000, 32_000));
    }

    [Fact]
    public void Who_asks_for_any_port_gets_a_free_one_for_operations_too()
    {
        var state = (Plain with { Address = "127.0.0.1:0" }).Prepare(null, _ => true);
        Assert.InRange(state.Addresses.Operations, 20_000, 32_000);
    }

    [Fact]
    public void Ports_stay_from_then_on()
    {
        var first = Plain.Prepare(null, _ => true);
        Assert.Equal(first.Addresses, Plain.Prepare(first, _ => true).Addresses);
    }

    [Fact]
    public void A_port_that_somebody_took_meanwhile_is_given_up_but_not_the_gateways()
    {
        var first = Plain.Prepare(null, _ => true);
        var second = Plain.Prepare(first, endPoint => endPoint.Port != first.Addresses.Postgres);
        Assert.NotEqual(first.Addresses.Postgres, second.Addresses.Postgres);
        Assert.Equal(first.Addresses.Redis, second.Addresses.Redis);

        var refused = Assert.Throws<BusException>(
            () => (Plain with { Address = "127.0.0.1:8099" }).Prepare(null, endPoint => endPoint.Port != 8099));
        Assert.Equal(
            "Port 8099 on 127.0.0.1 is taken by another program, so the gateway cannot listen there. "
            + "Give it another one, such as: bus up -a 127.0.0.1:0 (any free port)",
            refused.Message);
    }

    [Fact]
    public void Port_zero_becomes_a_free_port_that_stays()
    {
        var any = Plain with { Address = "127.0.0.1:0" };
        var first = any.Prepare(null, _ => true);
        Assert.NotEqual(0, Ports.Parse(first.Addresses.Gateway).Port);
        Assert.Equal(first.Addresses.Gateway, any.Prepare(first, _ => true).Addresses.Gateway);
        Assert.Equal(first.Addresses.Gateway, Plain.Prepare(first, _ => true).Addresses.Gateway);
    }

    [Theory]
    [InlineData(null, null, "embedded", null)]
    [InlineData(null, "/opt/kafka", "apache", "/opt/kafka")]
    [InlineData("embedded", "/opt/kafka", "embedded", null)]
    [InlineData("10.0.0.1:9092", "/opt/kafka", "apache", null)]
    public void Kafka_is_what_was_asked_for_else_from_the_environment_else_embedded(string? asked, string? home, string kind, string? from)
    {
        var kafka = (Plain with { Kafka = asked, KafkaHome = home }).Prepare(null, _ => true).Kafka;
        Assert.Equal((kind, from), (kafka.Kind, kafka.Home));
    }

    [Fact]
    public void What_a_running_system_does_not_fulfil_is_refused()
    {
        var running = Plain.Prepare(null, _ => true);
        Plain.MustFit(running);
        (Plain with { Kafka = "embedded", Address = "localhost:8081" }).MustFit(running);
        (Plain with { Address = "127.0.0.1:0" }).MustFit(running);
        Assert.Equal(
            "--address 127.0.0.1:9000 was asked for, but the gateway runs already on 127.0.0.1:8081. Stop it first: bus down",
            Assert.Throws<BusException>(() => (Plain with { Address = "127.0.0.1:9000" }).MustFit(running)).Message);
        Assert.Equal(
            "--kafka 127.0.0.1:9092 was asked for, but the system runs already on the embedded Kafka. Stop it first: bus down",
            Assert.Throws<BusException>(() => (Plain with { Kafka = "127.0.0.1:9092" }).MustFit(running)).Message);
    }

    [Theory]
    [InlineData("127.0.0.1:9000", "127.0.0.1", 9000)]
    [InlineData(":9000", "127.0.0.1", 9000)]
    [InlineData("9000", "127.0.0.1", 9000)]
    [InlineData("localhost:9000", "127.0.0.1", 9000)]
    [InlineData("0.0.0.0:9000", "0.0.0.0", 9000)]
    public void An_address_may_be_short(string text, string host, int port) =>
        Assert.Equal(new IPEndPoint(IPAddress.Parse(host), port), Ports.Parse(text));

    [Theory]
    [InlineData("example.org:80")]
    [InlineData("127.0.0.1:x")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("")]
    public void What_is_no_address_is_refused(string text) =>
        Assert.StartsWith($"--address {text} is not HOST:PORT", Assert.Throws<BusException>(() => Ports.Parse(text)).Message);

    [Fact]
    public void Restarts_back_off_up_to_a_limit()
    {
        Assert.Equal(
            [0.25, 0.5, 1, 2, 4, 8, 15, 15, 15],
            Enumerable.Range(0, 9).Select(attempts => Supervisor.BackOff(attempts).TotalSeconds));
    }
}
