using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Tests.Kms;

/// <summary>
/// How a deployment puts its KMS behind the seam: a client of its HTTP API. It tries a busy service again, gives up after
/// a moment, and tells apart what cannot be reached, what may not be used, and what does not open.
/// </summary>
internal sealed class KmsKeyEncryption : IKeyEncryption, IDisposable
{
    private const int Tries = 4;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private volatile KmsVersions? _known;

    public KmsKeyEncryption(Uri address, TimeSpan? timeout = null, TimeProvider? time = null)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = address,
            Timeout = timeout ?? TimeSpan.FromSeconds(10),
        };
        _time = time ?? TimeProvider.System;
    }

    public int Current => Known.Current;

    public IReadOnlyList<int> Usable => Known.Usable;

    private KmsVersions Known => _known ?? throw new HttpRequestException("The KMS has not been reached yet.");

    public void Demand(WrappedKey wrapped)
    {
        // A version that is newer than what was last heard of is the service's to judge.
        if (wrapped.Version <= Known.Current && !Known.Usable.Contains(wrapped.Version))
        {
            throw new KeyUnavailableException(wrapped.Version, retired: true, wrapped.Name);
        }
    }

    public async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var before = _known;
        using var response = await TryAsync(() => _http.GetAsync("/versions", cancellationToken), cancellationToken);
        var now = await ReadAsync<KmsVersions>(response, cancellationToken);
        _known = now;
        return before is not null && (before.Current != now.Current || !before.Usable.SequenceEqual(now.Usable));
    }

    public async ValueTask<WrappedKey> WrapAsync(
        string name,
        ReadOnlyMemory<byte> key,
        CancellationToken cancellationToken
    )
    {
        var answer = await AskAsync("/wrap", new KmsRequest(0, name, key.ToArray()), name, cancellationToken);
        return new WrappedKey(name, answer.Version, answer.Bytes);
    }

    public async ValueTask<byte[]> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken) =>
        (
            await AskAsync(
                "/unwrap",
                new(wrapped.Version, wrapped.Name, wrapped.Bytes),
                wrapped.Name,
                cancellationToken
            )
        ).Bytes;

    public async ValueTask<byte[]> DeriveAsync(int version, string info, CancellationToken cancellationToken) =>
        (await AskAsync("/derive", new KmsRequest(version, info, null), null, cancellationToken)).Bytes;

    public void Dispose() => _http.Dispose();

    private async Task<KmsAnswer> AskAsync(
        string path,
        KmsRequest request,
        string? name,
        CancellationToken cancellationToken
    )
    {
        using var response = await TryAsync(
            () => _http.PostAsJsonAsync(path, request, cancellationToken),
            cancellationToken
        );
        return response.StatusCode switch
        {
            HttpStatusCode.Gone => throw new KeyUnavailableException(request.Version, retired: true, name),
            HttpStatusCode.BadRequest => throw new CryptographicException("The KMS cannot open it."),
            _ => await ReadAsync<KmsAnswer>(response, cancellationToken),
        };
    }

    private async Task<HttpResponseMessage> TryAsync(
        Func<Task<HttpResponseMessage>> send,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var response = await send();
                if (response.StatusCode != HttpStatusCode.TooManyRequests || attempt == Tries)
                {
                    return response;
                }

                response.Dispose();
            }
            catch (OperationCanceledException e) when (e.InnerException is TimeoutException timeout)
            {
                throw timeout;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10 * attempt), _time, cancellationToken);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        response.EnsureSuccessStatusCode();
        try
        {
            return (await response.Content.ReadFromJsonAsync<T>(cancellationToken))!;
        }
        catch (JsonException)
        {
            throw new HttpRequestException("The KMS answered something else.");
        }
    }
}
