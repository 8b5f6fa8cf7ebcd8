using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Partner.Contracts;

namespace Partner.Incidents.Tests;

internal enum Fault
{
    None,

    /// <summary>The connection breaks before Datadog has done anything.</summary>
    LostBefore,

    /// <summary>Datadog does it, and the answer is lost.</summary>
    LostAfter,

    /// <summary>Datadog does it, and somebody before it says 503.</summary>
    UnavailableAfter,

    /// <summary>No connection at all.</summary>
    Unreachable,
}

internal sealed record Call(string Method, string PathAndQuery, string? Token, string? Body);

/// <summary>Auth, and the incidents of one organisation, in memory. A request to anything else throws.</summary>
internal sealed class FakeDatadog : HttpMessageHandler
{
    private readonly Dictionary<string, JsonObject> _incidents = [];
    private readonly List<JsonObject> _impacts = [];
    private readonly Lock _lock = new();

    public ConcurrentQueue<Call> Calls { get; } = [];

    public List<JsonObject> Incidents => [.. _incidents.Values];

    public List<JsonObject> Impacts => _impacts;

    public IEnumerable<Call> Writes => Calls.Where(c => c.Method != "GET");

    public string Token { get; set; } = "token-1";

    /// <summary>That the token is of: the only one whose host may be called.</summary>
    public string Site { get; set; } = "datadoghq.eu";

    public HashSet<string> GoodTokens { get; } = ["token-1", "token-2"];

    public bool HasGrant { get; set; } = true;

    public bool MayRead { get; set; } = true;

    /// <summary>Whether a search finds what was made.</summary>
    public bool IsSearchable { get; set; } = true;

    /// <summary>Whether a search finds words; the facets it always finds.</summary>
    public bool FindsWords { get; set; } = true;

    public Func<Call, Task<Fault>> OnWrite { get; set; } = _ => Task.FromResult(Fault.None);

    /// <summary>What stands first in every object that is read, with a comma behind it.</summary>
    public string OddMembers { get; set; } = "";

    public Func<Task> OnRead { get; set; } = () => Task.CompletedTask;

    public Func<HttpResponseMessage?> Refuse { get; set; } = () => null;

    public void FailOnce(Fault fault)
    {
        var left = 1;
        OnWrite = _ => Task.FromResult(Interlocked.Decrement(ref left) >= 0 ? fault : Fault.None);
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var url = request.RequestUri!;
        if (url.Host == "auth.test")
        {
            return url.Segments[^1] == "check" ? Check()
                : HasGrant
                    ? Json(
                        HttpStatusCode.OK,
                        JsonSerializer.Serialize(
                            new AccessToken(new Secret(Token), DateTimeOffset.UnixEpoch, Site),
                            JsonSerializerOptions.Web
                        )
                    )
                : new HttpResponseMessage(HttpStatusCode.Conflict);
        }

        Assert.Equal($"api.{Site}", url.Host);
        Assert.False(request.Headers.Contains("DD-API-KEY") || request.Headers.Contains("Idempotency-Key"));
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        var call = new Call(request.Method.Method, url.PathAndQuery, request.Headers.Authorization?.Parameter, body);
        Calls.Enqueue(call);
        if (!GoodTokens.Contains(call.Token!))
        {
            return Json(HttpStatusCode.Unauthorized, """{"errors":["Unauthorized"]}""");
        }

        if (call.Method != "GET")
        {
            return await WriteAsync(call, url);
        }

        await OnRead();
        var answer = Read(url);
        return Json(
            answer.StatusCode,
            (await answer.Content.ReadAsStringAsync(cancellationToken)).Replace(
                "{",
                $"{{{OddMembers}",
                StringComparison.Ordinal
            )
        );
    }

    private static HttpResponseMessage Json(HttpStatusCode status, string body) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private HttpResponseMessage Check()
    {
        Token = "token-2";
        return new(HttpStatusCode.OK)
        {
            Content = JsonContent.Create(new ConnectionCheck(ConnectionState.Connected, null, null)),
        };
    }

    private async Task<HttpResponseMessage> WriteAsync(Call call, Uri url)
    {
        if (Refuse() is { } refusal)
        {
            return refusal;
        }

        var fault = await OnWrite(call);
        switch (fault)
        {
            case Fault.LostBefore:
                throw new HttpRequestException(HttpRequestError.ResponseEnded);
            case Fault.Unreachable:
                throw new HttpRequestException(HttpRequestError.ConnectionError);
        }

        var answer = Do(call, url);
        return fault switch
        {
            Fault.LostAfter => throw new HttpRequestException(HttpRequestError.ResponseEnded),
            Fault.UnavailableAfter => Json(HttpStatusCode.ServiceUnavailable, "upstream connect error"),
            _ => answer,
        };
    }

    /// <summary>As Datadog does it, without any fault.</summary>
    public HttpResponseMessage Do(Call call, Uri url)
    {
        lock (_lock)
        {
            if (DataOf(call.Body!) is not { } data)
            {
                return Json(HttpStatusCode.BadRequest, """{"errors":["Invalid JSON"]}""");
            }

            var id = Guid.CreateVersion7().ToString();
            if (url.AbsolutePath.EndsWith("/impacts", StringComparison.Ordinal))
            {
                _impacts.Add(
                    new JsonObject
                    {
                        ["id"] = id,
                        ["type"] = "incident_impacts",
                        ["attributes"] = data["attributes"]!.DeepClone(),
                    }
                );
                return Json(
                    HttpStatusCode.Created,
                    new JsonObject { ["data"] = _impacts[^1].DeepClone() }.ToJsonString()
                );
            }

            if (call.Method == "PATCH")
            {
                return Json(HttpStatusCode.OK, call.Body!);
            }

            _incidents[id] = new JsonObject
            {
                ["type"] = "incidents",
                ["id"] = id,
                ["attributes"] = data["attributes"]!.DeepClone(),
            };
            return Json(
                HttpStatusCode.Created,
                new JsonObject { ["data"] = _incidents[id].DeepClone() }.ToJsonString()
            );
        }
    }

    private static JsonObject? DataOf(string body)
    {
        try
        {
            // Half of a surrogate pair is U+FFFD to whoever has to decode it.
            return
                (JsonNode.Parse(ServiceDefaults.JsonText.Readable(Encoding.UTF8.GetBytes(body))) as JsonObject)?["data"]
                    as JsonObject
                    is { } data
                && data["attributes"] is JsonObject
                ? data
                : null;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private HttpResponseMessage Read(Uri url)
    {
        if (!MayRead)
        {
            return Json(HttpStatusCode.Forbidden, """{"errors":["Forbidden"]}""");
        }

        lock (_lock)
        {
            var last = url.Segments[^1].Trim('/');
            return last switch
            {
                "search" => Search(Uri.UnescapeDataString(url.Query)),
                "impacts" => Json(
                    HttpStatusCode.OK,
                    new JsonObject { ["data"] = Copy(IsSearchable ? _impacts : []) }.ToJsonString()
                ),
                _ => _incidents.TryGetValue(last, out var incident)
                    ? Json(HttpStatusCode.OK, new JsonObject { ["data"] = incident.DeepClone() }.ToJsonString())
                    : Json(HttpStatusCode.NotFound, """{"errors":["Not found"]}"""),
            };
        }
    }

    private HttpResponseMessage Search(string query)
    {
        var word = query.Split("query=")[1].Split('&')[0];
        var found = _incidents
            .Values.Where(i =>
                IsSearchable
                && (
                    word.StartsWith("state:", StringComparison.Ordinal)
                    || (
                        FindsWords
                        && i["attributes"]!["title"]!.GetValue<string>().Contains(word, StringComparison.Ordinal)
                    )
                )
            )
            .Select(i => new JsonObject { ["data"] = i.DeepClone() });
        return Json(
            HttpStatusCode.OK,
            new JsonObject
            {
                ["data"] = new JsonObject
                {
                    ["type"] = "incidents_search_results",
                    ["attributes"] = new JsonObject { ["incidents"] = Copy(found), ["total"] = 1 },
                },
            }.ToJsonString()
        );
    }

    private static JsonArray Copy(IEnumerable<JsonObject> items) => [.. items.Select(i => i.DeepClone())];
}
