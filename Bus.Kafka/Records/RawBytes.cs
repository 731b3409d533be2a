using Confluent.Kafka;

namespace Bus.Kafka.Records;

/// <summary>Keys and values as bytes, undecoded: nothing inside the client can throw, and null stays null.</summary>
internal sealed class RawBytes : IDeserializer<byte[]?>
{
    public static readonly RawBytes Deserializer = new();

    public byte[]? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : data.ToArray();
}
