using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace Partner.Testing.Fuzzing;

/// <summary>
/// Asks every endpoint that a service has mapped by method for what nobody thought of: odd parts of its paths, odd queries, bodies that are
/// almost what they should be. Whatever it answers, it is not that the service failed.
/// </summary>
/// <param name="server">Where it listens.</param>
/// <param name="endpoints">All that it has.</param>
/// <param name="sample">What stands for a part of a path, by its name.</param>
/// <param name="bodies">A path's begin, a content type, and a body that is right there.</param>
public sealed partial class RouteFuzzer(
    Uri server,
    EndpointDataSource endpoints,
    Func<string, string> sample,
    IReadOnlyList<(string Path, string Type, string Body)> bodies
) : IDisposable
{
    /// <summary>Two of them may be the same.</summary>
    private const string UnderWay = "The same request is under way; try again.";

    private static readonly string[] Names =
    [
        "limit",
        "cursor",
        "after",
        "before",
        "since",
        "until",
        "from",
        "to",
        "state",
        "reason",
        "all",
        "wait",
        "tenant",
        "external_id",
        "site",
        "code",
        "session",
        "domain",
        "dd_org_name",
        "dd_oid",
        "client_id",
        "order",
        "connection",
        "error",
        "return_to",
        "a",
        "",
        "LIMIT",
        "%6cimit",
    ];

    private static readonly string[] Values =
    [
        "",
        "0",
        "1",
        "-1",
        "10",
        "99999999999999999999",
        "1.5",
        "NaN",
        "true",
        "null",
        "a",
        "%00",
        "a%00b",
        "%ff",
        "%ED%A0%BD",
        "%F0%9F%98%80",
        "%zz",
        "%",
        "%2e%2e",
        "%2F",
        "..",
        "+",
        "2026-11-30",
        "2026-11-30T12:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-11-30T12:00:00%2B99:00",
        "connected",
        "malformed",
        "con_",
        "con_00000000000000000000000000000000",
        "ten_00000000000000000000000000000000",
        "00000000-0000-0000-0000-000000000000",
        "datadoghq.com",
        "%27",
        "%22",
        "%7B%7D",
        "%5B%5D",
        "%0D%0Ax:y",
        "%C3%BC",
        "%u0041",
        "*",
        "()",
        ";",
        "@",
        "x%20y",
    ];

    private static readonly string[] ContentTypes =
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=x",
        "nonsense",
    ];

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    /// <param name="authorization">As whom.</param>
    /// <param name="ends">Endpoints that end what the others are asked about; they come last.</param>
    public async Task RunAsync(
        int seed,
        int count,
        Func<Mutator, AuthenticationHeaderValue?> authorization,
        Func<string, string, bool>? ends = null
    )
    {
        var answers = await AskAsync(
            seed,
            count,
            authorization,
            route => ends?.Invoke(route.Method, route.Pattern) != true
        );
        Assert.True(
            answers.Where(a => a.Key[0] is '1' or '2').Sum(a => a.Value) > count / 200,
            string.Join(' ', answers)
        );
        Assert.True(answers.GetValueOrDefault("400") > count / 100, string.Join(' ', answers));
        await AskAsync(seed + count, count / 10, authorization, _ => true);
    }

    private Task<IReadOnlyDictionary<string, int>> AskAsync(
        int seed,
        int count,
        Func<Mutator, AuthenticationHeaderValue?> authorization,
        Func<(string Method, string Pattern), bool> isAsked
    )
    {
        var routes = endpoints
            .Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e =>
                e.Metadata.GetMetadata<HttpMethodMetadata>()
                    ?.HttpMethods.Select(m => (Method: m, Pattern: e.RoutePattern.RawText!))
                ?? []
            )
            .Where(isAsked)
            .ToList();
        Assert.NotEmpty(routes);
        return FuzzRun.RunAsync(
            seed,
            count,
            async (mutator, _) =>
            {
                var (method, pattern) = mutator.Of(routes);
                using var request = NewRequest(mutator, method, pattern, out var shown);
                request.Headers.Authorization = authorization(mutator);
                using var response = await _http.SendAsync(request, CancellationToken.None);
                var status = (int)response.StatusCode;
                var answer = status < 500 ? "" : await response.Content.ReadAsStringAsync(CancellationToken.None);
                return (
                    $"{status}",
                    status < 500 || answer.Contains(UnderWay, StringComparison.Ordinal)
                        ? null
                        : $"{status} to {shown}: {answer}"
                );
            }
        );
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage NewRequest(Mutator mutator, string method, string pattern, out string shown)
    {
        var path = Part()
            .Replace(pattern, match => mutator.Once(4) ? mutator.Of(Values) : sample(match.Groups[1].Value));
        var query = string.Join(
            '&',
            Enumerable
                .Range(0, mutator.Once(2) ? 0 : mutator.Of([1, 1, 2, 4]))
                .Select(_ => $"{mutator.Of(Names)}={mutator.Of(Values)}")
        );
        var target = query.Length == 0 ? path : $"{path}?{query}";
        shown = $"{method} {target}";
        // As it stands: nothing is to be made tidy on the way.
        var request = new HttpRequestMessage(
            new HttpMethod(method),
            new Uri(
                server.GetLeftPart(UriPartial.Authority) + target,
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        if (method is "POST" or "PUT" or "PATCH" || mutator.Once(20))
        {
            var fitting = bodies.Where(b => path.StartsWith(b.Path, StringComparison.Ordinal)).ToList();
            var (_, type, text) = mutator.Of(fitting.Count == 0 || mutator.Once(10) ? [.. bodies] : fitting);
            var whole = Encoding.UTF8.GetBytes(text);
            var body = mutator.Once(5)
                ? whole
                : mutator.Change(whole, Encoding.UTF8.GetBytes(mutator.Of(bodies).Body), type);
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation(
                "Content-Type",
                mutator.Once(20) ? mutator.Of(ContentTypes) : type
            );
            shown += string.Create(
                CultureInfo.InvariantCulture,
                $" {request.Content.Headers.ContentType} {Encoding.UTF8.GetString(body[..Math.Min(500, body.Length)])}"
            );
        }

        if (mutator.Once(10))
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", mutator.Of(Values));
        }

        return request;
    }

    [GeneratedRegex(@"\{\*{0,2}([a-zA-Z]+)[^}]*\}")]
    private static partial Regex Part();
}
