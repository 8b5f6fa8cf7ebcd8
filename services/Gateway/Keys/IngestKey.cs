namespace Partner.Gateway.Keys;

/// <summary>A live ingest key, as far as the gateway has to know it.</summary>
/// <param name="Origins">Of a client token, those that may send with it; null of an API key.</param>
internal sealed record IngestKey(
    string KeyId,
    ConnectionId Connection,
    bool Strict,
    string? Org,
    IReadOnlyList<string>? Origins = null
)
{
    public UseMark Use { get; init; } = new();
}

/// <summary>Used since the last report, or not. A mark that is set is only read: requests share no written memory.</summary>
internal sealed class UseMark
{
    private bool _isSet;

    public void Set()
    {
        if (!Volatile.Read(ref _isSet))
        {
            Volatile.Write(ref _isSet, true);
        }
    }

    public bool Take() => Interlocked.Exchange(ref _isSet, false);
}
