using System.Text.Json.Serialization;

namespace Partner.Auth.IngestKeys;

/// <param name="Strict">One bad item refuses the whole request. Not of a client token.</param>
/// <param name="Kind">What may be done with it; an API key if left out.</param>
/// <param name="Origins">Of a client token: the origins whose pages send with it, 1 to 20, as browsers write them.</param>
public sealed record CreateIngestKey(
    bool? Strict = null,
    IngestKeyKind? Kind = null,
    IReadOnlyList<string>? Origins = null
)
{
    private const int MostOrigins = 20;

    /// <summary>The field that is wrong, and why; null: none.</summary>
    internal (string Field, string Why)? Wrong() =>
        Kind is { } kind && !Enum.IsDefined(kind) ? ("kind", "A kind is api_key or client_token.")
        : Kind != IngestKeyKind.ClientToken
            ? Origins is { Count: > 0 } ? ("origins", "Only a client token has origins.")
                : null
        : Strict == true ? ("strict", "A client token is not strict: its requests are refused whole in any case.")
        : Origins is not { Count: > 0 and <= MostOrigins }
            ? ("origins", $"A client token has 1 to {MostOrigins} origins.")
        : Origins.Any(origin => origin is null || !WebOrigin.IsOne(origin))
            ? ("origins", "An origin is as browsers write it: https://shop.example, no slash at the end.")
        : null;
}

/// <param name="Key">Shown this once.</param>
/// <param name="Origins">Empty of an API key.</param>
public sealed record CreatedIngestKey(
    Guid Id,
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Key,
    string Prefix,
    bool Strict,
    IngestKeyKind Kind,
    IReadOnlyList<string> Origins
);
