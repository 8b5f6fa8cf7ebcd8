using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Partner.Incidents;

/// <summary>A caller's request.</summary>
/// <param name="Path">As Datadog has it: made of the route, never of the caller's text.</param>
/// <param name="IdempotencyKey">As sent; null without one.</param>
/// <param name="Marked">Where the marker goes.</param>
internal sealed record IncidentRequest(
    ConnectionId Connection,
    IncidentEndpoint Operation,
    string Path,
    byte[] Body,
    string? IdempotencyKey,
    Range? Marked
)
{
    /// <summary>Equal for equal requests.</summary>
    public string RequestHash { get; } = HexOf([.. Encoding.UTF8.GetBytes($"{Operation.Method} {Path}\n"), .. Body]);

    public string? KeyHash { get; } = IdempotencyKey is null ? null : HexOf(Encoding.UTF8.GetBytes(IdempotencyKey));

    /// <returns>Null with the reason why Datadog would refuse it.</returns>
    public static (IncidentRequest? Request, string? Refusal) Read(
        ConnectionId connection,
        IncidentEndpoint operation,
        string path,
        byte[] body,
        string? idempotencyKey
    )
    {
        if (operation.MarkedField is not { } field)
        {
            return (new IncidentRequest(connection, operation, path, body, idempotencyKey, null), null);
        }

        try
        {
            if (Marker.Find(body, field) is not { } value)
            {
                return (null, $"data.attributes.{field} is required and must be a string.");
            }

            return (new IncidentRequest(connection, operation, path, body, idempotencyKey, value), null);
        }
        catch (JsonException)
        {
            return (null, "The body is not valid JSON.");
        }
    }

    public byte[] BodyWith(string marker) =>
        Marked is { } value ? Marker.Put(Body, value, marker, Operation.MaxLength) : Body;

    private static string HexOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
