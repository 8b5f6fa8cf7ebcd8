using System.Buffers;
using Microsoft.Extensions.Options;

namespace Partner.Auth.Connect;

/// <summary>
/// Where a browser may be sent when all is done: one of a configured list, compared as a whole. Nothing of what was
/// asked for gets into a redirect (security 15).
/// </summary>
internal sealed class ReturnTargets(IOptions<AuthOptions> options)
{
    private static readonly SearchValues<char> Hostile = SearchValues.Create("\\@\r\n\t \0");

    public bool Knows(string target) => options.Value.ReturnTo.Contains(target, StringComparer.Ordinal);

    /// <summary>As an address; null for one that left the list meanwhile. A path is one of the partner's product.</summary>
    public string? AddressOf(string? target) =>
        target is null || !Knows(target) ? null : new Uri(new Uri(options.Value.PartnerSignInUrl), target).AbsoluteUri;

    /// <summary>Whether a line of configuration is a path (not <c>//host</c>) or a URL that says just what it is.</summary>
    public static bool IsSound(string target) =>
        target.AsSpan().IndexOfAny(Hostile) < 0
        && !target.Contains("%2f", StringComparison.OrdinalIgnoreCase)
        && !target.Contains("%5c", StringComparison.OrdinalIgnoreCase)
        && (
            target.StartsWith('/')
                ? !target.StartsWith("//", StringComparison.Ordinal)
                : AuthOptions.IsPublic(target) && !target.Contains('#')
        );
}
