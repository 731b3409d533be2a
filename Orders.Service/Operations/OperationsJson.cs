using System.Text.Json.Serialization;
using Orders.Service.Operations.DeadLetters;
using Orders.Service.Operations.Overview;
using Orders.Service.Operations.Pausing;
using Orders.Service.Operations.Reprocessing;

namespace Orders.Service.Operations;

/// <summary>Everything the port says in JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(DeadLetterListAnswer))]
[JsonSerializable(typeof(DeadLetterAnswer))]
[JsonSerializable(typeof(ReplayAnswer))]
[JsonSerializable(typeof(IngestAnswer))]
[JsonSerializable(typeof(ReprocessBody))]
[JsonSerializable(typeof(ReprocessAnswer))]
internal sealed partial class OperationsJson : JsonSerializerContext;
