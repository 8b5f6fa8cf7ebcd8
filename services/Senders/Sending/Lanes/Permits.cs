namespace Partner.Sending.Lanes;

/// <summary>The right to one delivery, and what it counts towards.</summary>
internal sealed class Permit(bool isSuspect)
{
    public bool IsSuspect => isSuspect;

    /// <summary>Null: not known yet.</summary>
    public string? Site { get; set; }

    public List<Limiter> Limiters { get; } = [];
}

/// <summary>Lets so many deliveries through at once; lanes that find it closed wait in line.</summary>
internal sealed class Limiter(int most)
{
    private readonly Queue<Lane> _waiting = new();

    public int InFlight { get; set; }

    public int Room => most - InFlight;

    public void Await(Lane lane)
    {
        lane.AwaitsLimiter = true;
        _waiting.Enqueue(lane);
    }

    /// <summary>Lets wait no more than cannot go on; <paramref name="goes"/> says whether a lane does.</summary>
    public void Release(Func<Lane, bool> goes)
    {
        for (var room = Room; room > 0 && _waiting.TryDequeue(out var lane); )
        {
            lane.AwaitsLimiter = false;
            room -= goes(lane) ? 1 : 0;
        }
    }

    public void Clear() => _waiting.Clear();
}

/// <summary>
/// Deliveries under way are bounded, all in all, for backlog, for suspects, and for each site: one site that hangs takes
/// neither the others' connections nor, with its suspects, the others' probes (F12, F13, F23).
/// </summary>
internal sealed class Permits(DeliveryOptions options)
{
    private readonly Limiter _all = new(options.Slots);
    private readonly Limiter _backlog = new(options.BacklogSlots);
    private readonly Limiter _suspects = new(options.SuspectSlots);
    private readonly Dictionary<string, (Limiter All, Limiter Suspects)> _sites = [];

    public int InFlight => _all.InFlight;

    public bool HasRoomFor(Traffic traffic) => _all.Room > 0 && (traffic == Traffic.Live || _backlog.Room > 0);

    /// <summary>The limiter that the lane has to wait for.</summary>
    public Limiter? FindClosed(Lane lane) =>
        LimitersOf(lane.Site, lane.Health.IsSuspect).FirstOrDefault(limiter => limiter.Room <= 0);

    /// <summary>For a trial, which is as slow as a suspect's.</summary>
    public bool HasRoomForTrial(Lane lane) =>
        HasRoomFor(Traffic.Backlog) && LimitersOf(lane.Site, isSuspect: true).All(limiter => limiter.Room > 0);

    public Permit Take(Lane lane, Traffic traffic, bool isSuspect)
    {
        var permit = new Permit(isSuspect) { Site = lane.Site };
        Enter(
            permit,
            [
                _all,
                .. traffic == Traffic.Backlog ? [_backlog] : Array.Empty<Limiter>(),
                .. LimitersOf(lane.Site, permit.IsSuspect),
            ]
        );
        return permit;
    }

    /// <summary>It turns out where the delivery goes.</summary>
    /// <returns>False: there is no room for it at that site.</returns>
    public bool TryEnter(Permit permit, string site)
    {
        var (all, suspects) = SiteOf(site);
        if (all.Room <= 0 || (permit.IsSuspect && suspects.Room <= 0))
        {
            return false;
        }

        if (permit.Site is { } former)
        {
            var (formerAll, formerSuspects) = SiteOf(former);
            permit
                .Limiters.FindAll(limiter => limiter == formerAll || limiter == formerSuspects)
                .ForEach(limiter => Leave(permit, limiter));
        }

        permit.Site = site;
        Enter(permit, permit.IsSuspect ? [all, suspects] : [all]);
        return true;
    }

    public void Give(Permit permit) => permit.Limiters.ToList().ForEach(limiter => Leave(permit, limiter));

    /// <summary>Lanes for which there may be room now.</summary>
    public void Release(Func<Lane, bool> goes)
    {
        _suspects.Release(goes);
        foreach (var (all, suspects) in _sites.Values)
        {
            all.Release(goes);
            suspects.Release(goes);
        }
    }

    public void ForgetWaiting()
    {
        _suspects.Clear();
        foreach (var (all, suspects) in _sites.Values)
        {
            all.Clear();
            suspects.Clear();
        }
    }

    private static void Enter(Permit permit, IEnumerable<Limiter> limiters)
    {
        foreach (var limiter in limiters)
        {
            limiter.InFlight++;
            permit.Limiters.Add(limiter);
        }
    }

    private static void Leave(Permit permit, Limiter limiter)
    {
        limiter.InFlight--;
        permit.Limiters.Remove(limiter);
    }

    private IEnumerable<Limiter> LimitersOf(string? site, bool isSuspect)
    {
        if (isSuspect)
        {
            yield return _suspects;
        }

        if (site is not null)
        {
            var (all, suspects) = SiteOf(site);
            yield return all;
            if (isSuspect)
            {
                yield return suspects;
            }
        }
    }

    private (Limiter All, Limiter Suspects) SiteOf(string site)
    {
        if (!_sites.TryGetValue(site, out var limiters))
        {
            limiters = (new Limiter(options.SiteSlots), new Limiter(Math.Max(1, options.SuspectSlots / 2)));
            _sites.Add(site, limiters);
        }

        return limiters;
    }
}
