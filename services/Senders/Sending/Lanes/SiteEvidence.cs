namespace Partner.Sending.Lanes;

/// <summary>Of each site and path when a delivery passed last, and when one that had failed before. A few dozen entries.</summary>
internal sealed class SiteEvidence
{
    private readonly Dictionary<(string Site, string Path), (long? Passed, long? Mended)> _known = [];

    public long? PassedAt(string? site, string path) => Of(site, path).Passed;

    public long? MendedAt(string? site, string path) => Of(site, path).Mended;

    public void Passed(string? site, string path, long now)
    {
        if (site is not null)
        {
            _known[(site, path)] = Of(site, path) with { Passed = now };
        }
    }

    public void Mended(string? site, string path, long now)
    {
        if (site is not null)
        {
            _known[(site, path)] = Of(site, path) with { Mended = now };
        }
    }

    private (long? Passed, long? Mended) Of(string? site, string path) =>
        site is null ? default : _known.GetValueOrDefault((site, path));
}
