using System.Diagnostics.Metrics;

namespace Partner.CredentialVault;

/// <summary>Names after https://opentelemetry.io/docs/specs/semconv/general/metrics/.</summary>
internal sealed class VaultMetrics
{
    public const string MeterName = $"{Telemetry.Prefix}CredentialVault";

    private readonly Counter<long> _releases;
    private readonly Counter<long> _refusedKeys;
    private readonly Counter<long> _undecryptable;
    private readonly Counter<long> _rewrapped;
    private readonly Gauge<long> _left;

    public VaultMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _releases = meter.CreateCounter<long>("partner.vault.disclosures", "{secret}", "Secrets handed to callers.");
        _refusedKeys = meter.CreateCounter<long>(
            "partner.vault.refused_keys",
            "{use}",
            "Uses of a key version that is retired or not in the key ring."
        );
        _undecryptable = meter.CreateCounter<long>(
            "partner.vault.undecryptable",
            "{row}",
            "Rows whose ciphertext does not belong where it stands."
        );
        _rewrapped = meter.CreateCounter<long>(
            "partner.vault.rewrapped",
            "{key}",
            "Data keys moved to the current version."
        );
        _left = meter.CreateGauge<long>(
            "partner.vault.old_data_keys",
            "{key}",
            "Data keys not on the current version; refused: on one that may not be used."
        );
    }

    public void Disclosed(string caller, string what) =>
        _releases.Add(1, new("partner.caller", caller), new("partner.secret", what));

    public void RefusedKey(string reason) => _refusedKeys.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Undecryptable() => _undecryptable.Add(1);

    public void Rewrapped(int count) => _rewrapped.Add(count);

    public void Left(long old, long stranded)
    {
        _left.Record(old - stranded, new KeyValuePair<string, object?>("state", "usable"));
        _left.Record(stranded, new KeyValuePair<string, object?>("state", "refused"));
    }
}
