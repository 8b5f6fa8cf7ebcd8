using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.Gateway.Tests;

/// <summary>Auth as the gateway sees it: the change feed, and pages that tell what reached them.</summary>
internal sealed class FakeAuth : IAsyncDisposable
{
    private readonly FakeService _service;
    private readonly List<(long Version, IngestKeyEntry Entry)> _changes = [];
    private long _version;

    private FakeAuth(FakeService service) => _service = service;

    public string Url => _service.Url;

    public bool IsDown { get; set; }

    public int PageSize { get; set; } = 100;

    public ConcurrentQueue<long> Asked { get; } = [];

    public FakeService Service => _service;

    /// <summary>The live credentials of the partner API.</summary>
    public ConcurrentDictionary<Guid, PartnerCredentialEntry> Credentials { get; } = [];

    public int AskedForCredentials { get; private set; }

    public ConcurrentQueue<KeyUses> Uses { get; } = [];

    public static async Task<FakeAuth> StartAsync(GatewayIdentity identity)
    {
        FakeAuth? auth = null;
        auth = new FakeAuth(
            await FakeService.StartAsync(
                "auth",
                identity,
                ["ingest-keys", "partner-credentials", "people", "partner"],
                (app, service) =>
                {
                    app.MapGet("/internal/v1/ingest-keys", (long after) => auth!.Answer(after))
                        .RequireCaller("ingest-keys");
                    app.MapGet("/internal/v1/partner-credentials", () => auth!.AnswerCredentials())
                        .RequireCaller("partner-credentials");
                    app.MapPost("/internal/v1/key-uses", (KeyUses uses) => auth!.AnswerUses(uses))
                        .RequireCaller("ingest-keys");
                    app.Map("/connect/{**rest}", service.RecordAsync).RequireCaller("people");
                    app.Map("/oauth/callback", service.RecordAsync).RequireCaller("people");
                    app.Map("/partner/v1/{**rest}", service.RecordAsync).RequireCaller("partner");
                }
            )
        );
        return auth;
    }

    /// <summary>A new live key.</summary>
    public (string Key, IngestKeyEntry Entry) AddKey(
        bool strict = false,
        string? org = null,
        ConnectionId? connection = null
    ) => Add(RandomNumberGenerator.GetHexString(32, lowercase: true), strict, org, null, connection);

    /// <summary>A new live client token. Without origins: as an auth tells it that does not know them yet.</summary>
    public (string Key, IngestKeyEntry Entry) AddClientToken(params string[] origins) =>
        Add(
            "pub" + RandomNumberGenerator.GetHexString(32, lowercase: true),
            strict: false,
            org: null,
            origins is [] ? null : origins
        );

    private (string Key, IngestKeyEntry Entry) Add(
        string key,
        bool strict,
        string? org,
        string[]? origins,
        ConnectionId? connection = null
    )
    {
        var entry = new IngestKeyEntry(
            Guid.CreateVersion7().ToString(),
            HashOf(key),
            connection ?? ConnectionId.New(),
            strict,
            Live: true,
            org,
            origins
        );
        _changes.Add((++_version, entry));
        return (key, entry);
    }

    /// <summary>A new live credential of the partner API.</summary>
    public (string Token, PartnerCredentialEntry Entry) AddCredential(string role, string name = "made")
    {
        var token = "dap_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var entry = new PartnerCredentialEntry(Guid.CreateVersion7(), name, HashOf(token), role);
        Credentials[entry.Id] = entry;
        return (token, entry);
    }

    public void Revoke(IngestKeyEntry entry) => _changes.Add((++_version, entry with { Live = false }));

    /// <summary>As when the database is restored to an earlier state.</summary>
    public void RestoreTo(int version)
    {
        _changes.RemoveAll(change => change.Version > version);
        _version = version;
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    private static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)));

    private IResult AnswerCredentials()
    {
        AskedForCredentials++;
        return IsDown ? Results.StatusCode(503) : Results.Json(new PartnerCredentialList([.. Credentials.Values]));
    }

    private IResult AnswerUses(KeyUses uses)
    {
        if (IsDown)
        {
            return Results.StatusCode(503);
        }

        Uses.Enqueue(uses);
        return Results.NoContent();
    }

    private IResult Answer(long after)
    {
        Asked.Enqueue(after);
        if (IsDown)
        {
            return Results.StatusCode(503);
        }

        var left = _changes.Where(change => change.Version > after).ToArray();
        var page = left.Take(PageSize).ToArray();
        var version = page.Length == left.Length ? _version : page[^1].Version;
        return Results.Json(
            new IngestKeyPage(version, page.Length < left.Length, [.. page.Select(change => change.Entry)])
        );
    }
}
