using System.Net.Sockets;
using Bus.Kafka.Watermarks;
using Npgsql;
using Orders.Service.Failures;
using Orders.Service.Storage;

namespace Orders.Tests.Failures;

/// <summary>Which failure is whose: the record's, the moment's, the world's, or ours.</summary>
public sealed class FailurePolicyTests
{
    [Theory]
    [InlineData("22001", FailureClass.Data)]
    [InlineData("22003", FailureClass.Data)]
    [InlineData("22007", FailureClass.Data)]
    [InlineData("22008", FailureClass.Data)]
    [InlineData("22021", FailureClass.Data)]
    [InlineData("22P02", FailureClass.Data)]
    [InlineData("22P05", FailureClass.Data)]
    [InlineData("23502", FailureClass.Data)]
    [InlineData("23514", FailureClass.Data)]
    [InlineData("54000", FailureClass.Data)]
    [InlineData("40001", FailureClass.Transient)]
    [InlineData("40P01", FailureClass.Transient)]
    [InlineData("55P03", FailureClass.Transient)]
    [InlineData("57014", FailureClass.Transient)]
    [InlineData("08000", FailureClass.Systemic)]
    [InlineData("08006", FailureClass.Systemic)]
    [InlineData("40003", FailureClass.Systemic)]
    [InlineData("57P01", FailureClass.Systemic)]
    [InlineData("57P02", FailureClass.Systemic)]
    [InlineData("57P03", FailureClass.Systemic)]
    [InlineData("57P05", FailureClass.Systemic)]
    [InlineData("53100", FailureClass.Systemic)]
    [InlineData("53200", FailureClass.Systemic)]
    [InlineData("53300", FailureClass.Systemic)]
    [InlineData("25006", FailureClass.Systemic)]
    [InlineData("25P02", FailureClass.Systemic)]
    [InlineData("25P03", FailureClass.Systemic)]
    [InlineData("28000", FailureClass.Systemic)]
    [InlineData("28P01", FailureClass.Systemic)]
    [InlineData("3D000", FailureClass.Systemic)]
    [InlineData("3F000", FailureClass.Systemic)]
    [InlineData("42501", FailureClass.Systemic)]
    [InlineData("42P01", FailureClass.Systemic)]
    [InlineData("0A000", FailureClass.Systemic)]
    [InlineData("26000", FailureClass.Systemic)]
    [InlineData("58030", FailureClass.Systemic)]
    [InlineData("F0000", FailureClass.Systemic)]
    [InlineData("XX000", FailureClass.Systemic)]
    [InlineData("23505", FailureClass.Other)]
    [InlineData("P0001", FailureClass.Other)]
    [InlineData("39000", FailureClass.Other)]
    internal void An_sqlstate_has_its_class(string state, FailureClass expected) => Assert.Equal(expected, FailurePolicy.ClassOf(Database(state)));

    [Fact]
    public void What_the_driver_and_the_network_say_is_about_the_world()
    {
        Exception[] systemic =
        [
            new NpgsqlException("Exception while reading from stream"), new SocketException(), new IOException(), new TimeoutException(),
            new OperationCanceledException(), new ObjectDisposedException("connection"), new InsufficientMemoryException(),
            new WatermarkMismatchException(null),
        ];

        Assert.All(systemic, exception => Assert.Equal(FailureClass.Systemic, FailurePolicy.ClassOf(exception)));
    }

    [Fact]
    public void A_lost_race_is_transient_and_a_bug_is_none_of_the_three()
    {
        Assert.Equal(FailureClass.Transient, FailurePolicy.ClassOf(new OrderConflictException()));
        Exception[] bugs = [new InvalidCastException(), new ArgumentException("x"), new InvalidOperationException("y")];
        Assert.All(bugs, exception => Assert.Equal(FailureClass.Other, FailurePolicy.ClassOf(exception)));
    }

    [Fact]
    public void A_wrapped_failure_keeps_its_class()
    {
        Assert.Equal(FailureClass.Data, FailurePolicy.ClassOf(new InvalidOperationException("wrapped", Database("23514"))));
        Assert.Equal(FailureClass.Systemic, FailurePolicy.ClassOf(new InvalidOperationException("likely transient", new NpgsqlException("gone"))));
    }

    [Fact]
    public void What_is_kept_of_an_exception_fits_any_column()
    {
        var text = FailureText.Of(new InvalidOperationException("a\0b\u001b[2J \ud800 " + new string('ö', 20_000)));

        Assert.Equal(FailureText.IngestFailed, text.Reason);
        Assert.DoesNotContain('\0', text.Exception);
        Assert.DoesNotContain('\u001b', text.Exception);
        Assert.DoesNotContain(text.Exception, char.IsSurrogate);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(text.Exception), 8_000, 8_192);
        Assert.InRange(text.Sentence.Length, 1, 500);
    }

    [Fact]
    public void The_databases_refusal_names_its_sqlstate()
    {
        var text = FailureText.Of(Database("23514"));

        Assert.Equal(FailureText.RefusedByDatabase, text.Reason);
        Assert.Equal("The database refused what the record holds (SQLSTATE 23514): it says no", text.Sentence);
    }

    private static PostgresException Database(string state) => new("it says no", "ERROR", "ERROR", state);
}
