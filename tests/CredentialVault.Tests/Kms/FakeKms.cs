using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Partner.CredentialVault.Tests.Kms;

internal enum KmsWeather
{
    Fine,

    /// <summary>503.</summary>
    Down,

    /// <summary>The connection is cut without an answer.</summary>
    Gone,

    /// <summary>No answer ever.</summary>
    Hangs,

    /// <summary>200, and something that is no answer.</summary>
    Garbled,

    /// <summary>429 for everything.</summary>
    Throttles,
}

/// <summary>
/// A key management service on loopback: versions of one key, which never leave it. It wraps, unwraps and derives, is as
/// slow, as busy and as absent as a test wants, and counts.
/// </summary>
internal sealed class FakeKms : IAsyncDisposable
{
    private readonly Dictionary<int, byte[]> _keys = new() { [1] = RandomNumberGenerator.GetBytes(32) };
    private readonly HashSet<int> _retired = [];
    private readonly WebApplication _app;
    private int _unwraps;
    private int _throttled;

    private FakeKms()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use(WeatherAsync);
        _app.MapGet("/versions", () => new KmsVersions(Current, [.. Usable]));
        _app.MapPost("/wrap", (KmsRequest request) => Wrap(request));
        _app.MapPost("/unwrap", (KmsRequest request) => Unwrap(request));
        _app.MapPost("/derive", (KmsRequest request) => Derive(request));
    }

    public Uri Address => new(_app.Urls.Single());

    public KmsWeather Weather { get; set; }

    public TimeSpan Latency { get; set; }

    public int Unwraps => _unwraps;

    /// <summary>Answers so many requests with 429.</summary>
    public void Throttle(int requests) => Volatile.Write(ref _throttled, requests);

    public static async Task<FakeKms> StartAsync()
    {
        var kms = new FakeKms();
        await kms._app.StartAsync();
        return kms;
    }

    public void AddVersion() => _keys[_keys.Keys.Max() + 1] = RandomNumberGenerator.GetBytes(32);

    public void Retire(int version) => _retired.Add(version);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private int Current => _keys.Keys.Max();

    private IEnumerable<int> Usable => _keys.Keys.Except(_retired).Order();

    private async Task WeatherAsync(HttpContext context, RequestDelegate next)
    {
        await Task.Delay(Latency, context.RequestAborted);
        if (Weather == KmsWeather.Throttles || Interlocked.Decrement(ref _throttled) >= 0)
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        switch (Weather)
        {
            case KmsWeather.Down:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                break;
            case KmsWeather.Gone:
                context.Abort();
                break;
            case KmsWeather.Hangs:
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case KmsWeather.Garbled:
                await context.Response.WriteAsync("<html>Sign in to continue</html>");
                break;
            default:
                await next(context);
                break;
        }
    }

    private IResult Wrap(KmsRequest request)
    {
        var (nonce, tag, text) = (RandomNumberGenerator.GetBytes(12), new byte[16], new byte[request.Bytes!.Length]);
        using var aes = new AesGcm(_keys[Current], tag.Length);
        aes.Encrypt(nonce, request.Bytes, text, tag, Encoding.UTF8.GetBytes(request.Context));
        return Results.Json(new KmsAnswer(Current, [.. nonce, .. tag, .. text]));
    }

    private IResult Unwrap(KmsRequest request)
    {
        Interlocked.Increment(ref _unwraps);
        if (!Usable.Contains(request.Version))
        {
            return Results.StatusCode(StatusCodes.Status410Gone);
        }

        if (request.Bytes is not { Length: > 28 } bytes)
        {
            return Results.BadRequest();
        }

        var plain = new byte[bytes.Length - 28];
        using var aes = new AesGcm(_keys[request.Version], 16);
        try
        {
            aes.Decrypt(
                bytes.AsSpan(0, 12),
                bytes.AsSpan(28),
                bytes.AsSpan(12, 16),
                plain,
                Encoding.UTF8.GetBytes(request.Context)
            );
        }
        catch (CryptographicException)
        {
            return Results.BadRequest();
        }

        return Results.Json(new KmsAnswer(request.Version, plain));
    }

    private IResult Derive(KmsRequest request) =>
        Usable.Contains(request.Version)
            ? Results.Json(
                new KmsAnswer(
                    request.Version,
                    HMACSHA256.HashData(_keys[request.Version], Encoding.UTF8.GetBytes(request.Context))
                )
            )
            : Results.StatusCode(StatusCodes.Status410Gone);
}

internal sealed record KmsVersions(int Current, int[] Usable);

internal sealed record KmsRequest(int Version, string Context, byte[]? Bytes);

internal sealed record KmsAnswer(int Version, byte[] Bytes);
