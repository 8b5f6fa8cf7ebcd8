using Partner.Contracts;

namespace Partner.Gateway.Keys;

/// <summary>A live ingest key, as far as the gateway has to know it.</summary>
internal sealed record IngestKey(string KeyId, ConnectionId Connection, bool Strict, string? Org);
