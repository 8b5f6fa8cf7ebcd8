using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.CredentialVault.Keys;

/// <summary>Answer of <c>GET /internal/v1/key-ring</c> of vault, permission <c>key-ring</c>.</summary>
/// <param name="Versions">Per key version how many data keys it wraps: a version is retired only at 0 rows.</param>
public sealed record KeyRingReport(int Current, IReadOnlyList<KeyVersionReport> Versions);

/// <param name="State"><c>current</c>, <c>usable</c>, or <c>missing</c>: retired or not in the key ring.</param>
public sealed record KeyVersionReport(int Version, string State, long Rows);

internal static class KeysApi
{
    public static void AddKeys(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<KeyRingOptions>().BindConfiguration(KeyRingOptions.SectionName).ValidateOnStart();
        services.AddSingleton<Microsoft.Extensions.Options.IValidateOptions<KeyRingOptions>, KeyRingValidator>();
        services.AddValidatedOptions<DataKeyOptions>(DataKeyOptions.SectionName);
        services.AddValidatedOptions<RotationOptions>(RotationOptions.SectionName);
        services.AddSingleton<LocalKeyEncryption>();
        services.AddSingleton<IKeyEncryption>(provider => provider.GetRequiredService<LocalKeyEncryption>());
        services.AddSingleton<DataKeys>();
        services.AddSingleton<RotationStore>();
        services.AddHostedService<KeyRingProof>();
        services.AddHostedService<Rotation>();
        services.AddExceptionHandler<KeyProblems>();
    }

    public static IEndpointRouteBuilder MapKeys(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/key-ring", GetKeyRing).RequireCaller("key-ring");
        routes.MapGet("/sealing-keys", GetSealingKeys).RequireCaller("sealing-keys");
        return routes;
    }

    private static async Task<Ok<KeyRingReport>> GetKeyRing(
        IKeyEncryption keys,
        RotationStore store,
        CancellationToken cancellationToken
    )
    {
        var rows = (await store.CountAsync(cancellationToken)).ToDictionary(
            count => count.Version,
            count => count.Rows
        );
        var usable = keys.Usable;
        var versions = usable
            .Union(rows.Keys)
            .Order()
            .Select(version => new KeyVersionReport(
                version,
                version == keys.Current ? "current"
                    : usable.Contains(version) ? "usable"
                    : "missing",
                rows.GetValueOrDefault(version)
            ));
        return TypedResults.Ok(new KeyRingReport(keys.Current, [.. versions]));
    }

    private static async Task<Ok<SealingKeys>> GetSealingKeys(
        HttpContext context,
        IKeyEncryption keys,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller().Service;
        var sealing = new List<SealingKey>();
        foreach (var version in keys.Usable)
        {
            var key = await keys.DeriveAsync(version, $"sealing|{caller}|{version}", cancellationToken);
            sealing.Add(new SealingKey(version, new Secret(Convert.ToBase64String(key))));
            CryptographicOperations.ZeroMemory(key);
        }

        return TypedResults.Ok(new SealingKeys(keys.Current, sealing));
    }
}
