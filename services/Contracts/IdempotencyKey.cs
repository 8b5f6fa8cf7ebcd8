using Microsoft.Extensions.Primitives;

namespace Partner.Contracts;

/// <summary>
/// The <c>Idempotency-Key</c> header of requests, and how services speak of it
/// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
/// </summary>
public static class IdempotencyKey
{
    public const string HeaderName = "Idempotency-Key";

    /// <summary>On an answer that was given before.</summary>
    public const string ReplayedHeaderName = "Idempotency-Replayed";

    /// <summary>The answer to any other key; 400.</summary>
    public const string Rule = $"{HeaderName} is one value of 1 to 255 visible ASCII characters.";

    /// <summary>The answer to a key that comes again with something else; 422.</summary>
    public const string Reused = $"This {HeaderName} was used with another body.";

    private const int MaxLength = 255;

    /// <param name="key">The header's values, of which there is at least one.</param>
    public static bool IsValid(StringValues key) =>
        key is [{ Length: > 0 and <= MaxLength } only] && only.All(c => c is > ' ' and < '\x7f');
}
