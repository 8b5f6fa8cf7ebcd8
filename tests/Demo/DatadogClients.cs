using System.Text;
using static Partner.Demo.Requests;

namespace Partner.Demo;

/// <summary>
/// Requests as Datadog's own clients and the common forwarders make them: their paths, headers, content types and
/// encodings. Each takes its items as raw JSON objects.
/// </summary>
public static class DatadogClients
{
    public static readonly IReadOnlyList<(
        string Name,
        Func<Uri, string, IReadOnlyList<string>, HttpRequestMessage> Logs
    )> All = [("datadog-api-client", ApiClient), ("agent", Agent), ("vector", Vector), ("legacy", Legacy)];

    /// <summary>The generated clients: gzip as an option, JSON array, lower-case header names.</summary>
    public static HttpRequestMessage ApiClient(Uri gateway, string key, IReadOnlyList<string> items)
    {
        var request = Post(gateway, "api/v2/logs", "dd-api-key", key, Gzip(Array(items)), "application/json", "gzip");
        request.Headers.TryAddWithoutValidation("user-agent", "datadog-api-client-typescript/1.40.0 (node 20.20.2)");
        request.Headers.Accept.ParseAdd("application/json");
        return request;
    }

    /// <summary>The Agent's logs pipeline.</summary>
    public static HttpRequestMessage Agent(Uri gateway, string key, IReadOnlyList<string> items)
    {
        var request = Post(gateway, "api/v2/logs", "DD-API-KEY", key, Gzip(Array(items)), "application/json", "gzip");
        request.Headers.Add("DD-PROTOCOL", "agent-json");
        request.Headers.Add("DD-EVP-ORIGIN", "agent");
        request.Headers.Add("DD-EVP-ORIGIN-VERSION", "7.70.0");
        request.Headers.TryAddWithoutValidation("User-Agent", "datadog-agent/7.70.0");
        return request;
    }

    /// <summary>Vector without compression, and a chunked body.</summary>
    public static HttpRequestMessage Vector(Uri gateway, string key, IReadOnlyList<string> items)
    {
        var request = Post(
            gateway,
            "api/v2/logs",
            "DD-API-KEY",
            key,
            Encoding.UTF8.GetBytes(Array(items)),
            "application/json",
            null
        );
        request.Headers.Add("DD-EVP-ORIGIN", "vector");
        request.Headers.TransferEncodingChunked = true;
        return request;
    }

    /// <summary>Scripts that still post to the older path.</summary>
    public static HttpRequestMessage Legacy(Uri gateway, string key, IReadOnlyList<string> items) =>
        Post(gateway, "v1/input", "DD-API-KEY", key, Deflate(Array(items)), "application/json", "deflate");
}
