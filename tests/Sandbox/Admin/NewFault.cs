using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Admin;

/// <summary>A fault as it is asked for over HTTP.</summary>
internal sealed record NewFault(
    [property: JsonRequired] FaultAction Action,
    string? Site = null,
    string? Org = null,
    string? Path = null,
    string? Contains = null,
    int Status = 500,
    string? Body = null,
    IReadOnlyDictionary<string, string>? Headers = null,
    int DelayMs = 0,
    int? Count = null,
    double Probability = 1
)
{
    private TrafficFilter Filter => new(Site, Org, Path);

    public string? ProblemIn(SandboxState state) =>
        Filter.ProblemIn(state)
        ?? this switch
        {
            { Status: < 200 or > 599 } => "status is 200 to 599.",
            { Contains: "" } => "contains is a text.",
            { DelayMs: < 0 } => "delayMs is not negative.",
            { Count: < 1 } => "count is at least 1.",
            { Probability: < 0 or > 1 } => "probability is 0 to 1.",
            _ => null,
        };

    public Fault ToFault()
    {
        var fault = new Fault
        {
            Filter = Filter,
            Contains = Contains,
            Action = Action,
            Status = Status,
            DelayMs = DelayMs,
            Count = Count,
            Probability = Probability,
        };
        return fault with { Body = Body ?? fault.Body, Headers = Headers ?? fault.Headers };
    }
}

/// <summary>
/// What a hold or a fault is asked for with. A slip in it is answered with what there is: a fault that meets nobody would
/// make a test pass that tests nothing.
/// </summary>
internal static class Asked
{
    /// <returns>Null: done.</returns>
    public static string? Do<T>(JsonObject? body, IOptions<JsonOptions> json, Func<T, string?> problem, Action<T> act)
        where T : class
    {
        try
        {
            var asked = (body ?? []).Deserialize<T>(json.Value.SerializerOptions)!;
            if (problem(asked) is { } wrong)
            {
                return wrong;
            }

            act(asked);
            return null;
        }
        catch (JsonException unknown) when (unknown.Path == "$.action")
        {
            return $"There is no such action. There are {string.Join(", ", ActionNames(json.Value.SerializerOptions))}.";
        }
        catch (JsonException unknown)
        {
            return unknown.Message;
        }
    }

    private static IEnumerable<string> ActionNames(JsonSerializerOptions json) =>
        Enum.GetValues<FaultAction>()
            .Select(action => JsonSerializer.SerializeToNode(action, json)!.GetValue<string>());
}
