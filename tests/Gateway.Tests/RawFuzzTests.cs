using System.Net.Sockets;
using System.Text;
using Partner.Testing.Fuzzing;

namespace Partner.Gateway.Tests;

/// <summary>
/// Requests that are almost HTTP, byte by byte: each gets an answer of its own or a closed connection, never a 5xx, and what
/// passes the door passes for the connection of the key alone.
/// </summary>
public sealed class RawFuzzTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    /// <summary>Of the client, with a request that it has not sent to its end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    private static readonly string[] Bodies =
    [
        """[{"message":"hello"}]""",
        "a line\nanother",
        """{"data":{"attributes":{"title":"x"}}}""",
        "site=datadoghq.com&token=x",
    ];

    private static readonly string[] Headers =
    [
        "Content-Type: application/json",
        "Content-Type: text/plain",
        "Content-Encoding: gzip",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue",
        "Connection: close, x",
        "Connection: upgrade\r\nUpgrade: websocket",
        "Idempotency-Key: a",
        "Idempotency-Key: \u00e9",
        "Accept-Encoding: br",
        "Cookie: a=b; \u00fc=1",
        "Origin: https://evil.example",
        "X-Forwarded-For: 1.2.3.4",
        "X-Forwarded-Host: evil.example",
        "Forwarded: for=1;host=x",
        "traceparent: 00-1-2-3",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "baggage: a=%ff",
        "Host: other.example",
        "DD-API-KEY: ",
        "dd-api-key: x",
        "Authorization: Bearer x",
        "Authorization: Basic \u00fc",
        "Content-Length: 3",
        "TE: trailers",
        "X-A: b\tc",
        "Via: 1.1 x",
    ];

    [Fact]
    [Trait("security", "46")]
    public Task WhateverComesIsAnsweredOrClosed() => FuzzAsync(20261130, 4_000);

    [Fact(Explicit = true)]
    [Trait("security", "46")]
    [Trait("tier", "long")]
    public Task WhateverComesAHundredThousandTimesIsAnsweredOrClosed() => FuzzAsync(Environment.TickCount, 100_000);

    private async Task FuzzAsync(int seed, int count)
    {
        var (key, entry) = await host.NewKeyAsync();
        string[] targets =
        [
            "POST /api/v2/logs",
            "POST /api/v2/logs?ddtags=a:b&dd-api-key=" + key,
            "POST /v1/input/" + key,
            "POST /v1/input?api_key=" + key,
            "GET /api/v1/validate",
            "GET /api/v2/validate",
            "GET /info",
            "POST /telemetry/proxy/api/v2/apmtelemetry",
            "GET /partner/v1/connections/con_0/datadog/api/v1/monitor",
            "GET /partner/v1/openapi.json",
            "GET /nothing",
            "OPTIONS *",
            "HEAD /api/v2/logs",
            "CONNECT partner.example:443",
            "GET http://other.example/api/v2/logs",
            "PUT /v0.4/traces/../../api/v2/logs",
        ];
        var before = host.Sender.Requests.Count;
        var statuses = await FuzzRun.RunAsync(
            seed,
            count,
            async (mutator, _) =>
            {
                var body = mutator.Of(Bodies);
                var more = string.Concat(
                    Enumerable.Range(0, mutator.Of([0, 1, 2])).Select(_ => mutator.Of(Headers) + "\r\n")
                );
                var whole = Raw.Bytes(
                    $"{mutator.Of(targets)} HTTP/1.1\r\nHost: localhost\r\nDD-API-KEY: {key}\r\n{more}Content-Length: {body.Length}\r\n\r\n{body}"
                );
                var request = mutator.Once(4)
                    ? whole
                    : mutator.Change(whole, Raw.Bytes(mutator.Of(targets)), "text/plain");
                var answer = await AnswerAsync(request);
                var status = answer.Split(' ').ElementAtOrDefault(1) ?? "closed";
                // 501: a method that no path has. 505: of HTTP/2 and above nothing is spoken here in clear.
                var isFault =
                    answer.Length > 0
                    && (
                        !answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
                        || (status[0] == '5' && status is not ("501" or "505"))
                    );
                return (
                    status,
                    isFault
                        ? $"{answer.Split("\r\n")[0]} to {Encoding.Latin1.GetString(request[..Math.Min(request.Length, 1_000)])}: {answer.Split("\r\n\r\n").Last()}"
                        : null
                );
            }
        );
        Assert.All(
            ["200", "202", "400", "404"],
            status => Assert.True(statuses.GetValueOrDefault(status) > count / 500, string.Join(' ', statuses))
        );
        var passed = host.Sender.Requests.Skip(before).ToList();
        Assert.NotEmpty(passed);
        Assert.All(passed, request => Assert.Equal(entry.Connection.Text, request.Caller.Claims.Connection));
        Assert.All(passed, request => Assert.Contains(request.Path, (string[])["/api/v2/logs", "/v1/input"]));
    }

    /// <summary>The begin of the answer, or nothing where the connection is closed.</summary>
    private async Task<string> AnswerAsync(byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host.Url.Host, host.Url.Port);
        using var limit = new CancellationTokenSource(Longest);
        var (stream, answer, buffer) = (client.GetStream(), "", new byte[16 * 1024]);
        try
        {
            await stream.WriteAsync(request);
            var reading = stream.ReadAsync(buffer, limit.Token).AsTask();
            if (await Task.WhenAny(reading, Task.Delay(Patience)) != reading)
            {
                // It promised more than it brought.
                client.Client.Shutdown(SocketShutdown.Send);
            }

            for (var read = await reading; read > 0; read = await stream.ReadAsync(buffer, limit.Token))
            {
                answer = (answer + Encoding.Latin1.GetString(buffer, 0, read)).Replace(
                    "HTTP/1.1 100 Continue\r\n\r\n",
                    "",
                    StringComparison.Ordinal
                );
                if (answer.Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
        catch (IOException)
        {
            // Closed with a reset; what was read before counts.
        }
        catch (OperationCanceledException)
        {
            return "neither answered nor closed";
        }

        return answer;
    }
}
