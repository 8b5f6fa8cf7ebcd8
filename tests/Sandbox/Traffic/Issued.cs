using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;

namespace Partner.Sandbox.Traffic;

/// <summary>A secret that came in an address, where any server on the way may have written it down.</summary>
public sealed record InAddress(string Kind, string Method, string Host, string Path);

/// <summary>
/// Every secret that was given out or told here. A test that looks for leaks asks for them, and learns whether one came
/// back in an address.
/// </summary>
public sealed class Issued
{
    // The shortest secret is an API key; what is shorter is no secret.
    private const int Shortest = 32;

    private readonly ConcurrentDictionary<string, string> _kinds = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<InAddress> _inAddresses = new();

    /// <summary>Value to kind.</summary>
    public IReadOnlyDictionary<string, string> All => _kinds;

    public IReadOnlyList<InAddress> InAddresses => [.. _inAddresses];

    internal string Add(string kind, string value)
    {
        _kinds[value] = kind;
        return value;
    }

    internal void Inspect(HttpContext context)
    {
        var target = Uri.UnescapeDataString(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        foreach (var part in target.Split('/', '?', '&', '=', ':', ',', ';', ' '))
        {
            if (part.Length >= Shortest && _kinds.TryGetValue(part, out var kind))
            {
                var shown = context.Request.Path.Value!.Replace(part, "***", StringComparison.Ordinal);
                _inAddresses.Enqueue(new InAddress(kind, context.Request.Method, context.Request.Host.Host, shown));
            }
        }
    }
}
