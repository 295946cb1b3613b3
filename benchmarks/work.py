"""Who is at work in the organisation, hour by hour.

The shares are those of ordinary organisations: most calls come from compute and from AWS's own roles, many
from pipelines and audits, few from people. Sessions live as long as their kind does and are renewed.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import apis
from benchmarks.agents import BOTO, BROWSER, CLI, EKS, JAVA, TERRAFORM
from benchmarks.grants import oidc_caller, outside_caller, saml_caller, service_caller, session_caller
from benchmarks.organisation import ACCOUNTS, HOUR_SECONDS, Log, Manner, Organisation, Role, Session, clock
from benchmarks.records import record, unique_id, uuid

_MANAGEMENT, _SECURITY, _TOOLS, _PRODUCTION, _DATA, _DEVELOPMENT = ACCOUNTS
_VENDOR = "934417205638"
"""An outside account that audits the organisation; its own logs are not here."""
_REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "ap-southeast-2")
_PLACES = (
    *((_PRODUCTION, "us-east-1"),) * 3,
    *((_PRODUCTION, "eu-west-1"),) * 2,
    *((_DATA, "us-east-1"),) * 2,
    (_DEVELOPMENT, "us-east-1"),
    (_DEVELOPMENT, "us-west-2"),
    (_TOOLS, "us-east-1"),
)
"""Where workloads run."""
BUSY = {(_PRODUCTION, "us-east-1"), (_PRODUCTION, "eu-west-1"), (_DATA, "us-east-1")}
"""What is delivered every five minutes; the rest every fifteen."""
_NAMES = tuple(f"{a}-{b}" for a in ("orders", "billing", "search", "catalog", "ingest") for b in ("api", "job", "etl"))
_PEOPLE = tuple(f"{name}@example.com" for name in ("ana", "ben", "cleo", "dan", "eva", "finn", "gita", "hugo"))
_LEVELS = ("ReadOnly_0f9e8d7c6b5a4321", "Developer_1a2b3c4d5e6f7081")
_SERVICES = (("config", "Config"), ("autoscaling", "AutoScaling"), ("ssm", "AmazonSSM"))
_OWN_NAME = ("cloudtrail.amazonaws.com", "dynamodb.amazonaws.com", "delivery.logs.amazonaws.com")
_FROM_CONSOLE = ',"sessionCredentialFromConsole":"true"'
_RARE = 20
"""In steady work calls are made over again as many times more often, and jobs are as many times rarer."""
_RECORDS_PER_JOB = 2.6
"""The grant, its second copy at times, a call or two."""


class Work:
    """The organisation at work."""

    def __init__(self, seed: int, steady: bool = False) -> None:
        """`steady`: few callers that make the same calls over and over, as monitors and agents do."""
        self.at = Organisation(seed, steady)
        self._steady = steady
        self._live: dict[str, list[Session]] = {}
        self._users = [
            self.at.user(
                ACCOUNTS[number % len(ACCOUNTS)],
                f"svc-{name}",
                Manner(_REGIONS[0], self.at.address(), JAVA, apis.INSTANCE, name, burst=12),
            )
            for number, name in enumerate(_NAMES[:9])
        ]

    def hour(self, start: int, quota: int, jobs: int = 0) -> Log:
        """The records of the hour that begins at `start`: `quota` of them, or some more.

        `jobs` asks for that many short sessions with an issued key and few calls each.
        """
        self.at.log = Log([], set())
        jobs = jobs or quota // (_RARE if self._steady else 1) // 60
        rest = max(quota // 20, quota - int(jobs * _RECORDS_PER_JOB))
        busy = 8 <= start // HOUR_SECONDS % 24 < 18
        for share, crew in (
            (0.24, self._instances(start, max(4, rest // 200))),
            (0.16, self._functions(start, max(4, rest // 100))),
            (0.13, self._pods(start, max(2, rest // 400))),
            (0.14, self._services(start)),
            (0.08, self._users),
            (0.07, self._audits(start)),
            (0.05, self._people(start, max(1, rest // (700 if busy else 5000)))),
        ):
            self._spend(crew, start, int(rest * share))
        self._jobs(start, jobs)
        self._forward(start, rest // (_RARE if self._steady else 1) // 40)
        self._own_name(start, rest // (_RARE if self._steady else 1) // 25)
        while self._steady and len(self.at.log.lines) < quota:
            self._spend(self._instances(start, 4), start, quota - len(self.at.log.lines))
        while len(self.at.log.lines) < quota:
            self._pipeline(start)
        return self.at.log

    def _spend(self, crew: Sequence[Session], start: int, quota: int) -> None:
        """Log `quota` calls of a crew, in bursts at random times of the hour."""
        while quota > 0:
            session = crew[self._below(len(crew))]
            first, last = max(session.start, start), min(session.end, start + HOUR_SECONDS)
            if last <= first:
                continue
            count = min(quota, 1 + self._below(session.manner.burst * (_RARE if self._steady else 1)))
            self.at.calls(session, self.at.pick(session), first + self._below(last - first), count)
            quota -= count

    def _below(self, bound: int) -> int:
        """Return a random number from 0 up to, not including, `bound`."""
        return int(self.at.rng.random() * bound)

    def _crew(self, kind: str, start: int, size: int) -> tuple[list[Session], range]:
        """Return the members of that kind with credentials for the whole hour, and the numbers of those without."""
        crew = [session for session in self._live.get(kind, []) if session.end >= start + HOUR_SECONDS]
        self._live[kind] = crew
        return crew, range(len(crew), size)

    def _instances(self, start: int, size: int) -> list[Session]:
        crew, missing = self._crew("instance", start, size)
        for number in missing:
            (account, region), name = _PLACES[number % len(_PLACES)], _NAMES[number % len(_NAMES)]
            role, caller = (
                self.at.role(account, f"{name}-instance"),
                service_caller("ec2.amazonaws.com", account),
            )
            manner = Manner(region, self.at.address(), BOTO, apis.INSTANCE, name, burst=14)
            instance = f"i-0{self.at.rng.getrandbits(64):016x}"
            crew.append(self.at.grant(role, instance, start + self._below(1800), caller, manner, 21_600))
        return crew

    def _functions(self, start: int, size: int) -> list[Session]:
        crew, missing = self._crew("function", start, size)
        for number in missing:
            (account, region), name = _PLACES[number % len(_PLACES)], _NAMES[number % len(_NAMES)]
            role, caller = (
                self.at.role(account, f"{name}-runs", "/apps/"),
                service_caller("lambda.amazonaws.com", account),
            )
            manner = Manner(region, self.at.address(), BOTO, apis.FUNCTION, name, burst=10)
            arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
            scope = (
                f',"inScopeOf":{{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"{arn}",'
                f'"credentialsIssuedToVersion":"{arn}:$LATEST"}}'
            )
            at = start + self._below(1800)
            crew.append(self.at.grant(role, name, at, caller, manner, 14_400, member=scope))
        return crew

    def _pods(self, start: int, size: int) -> list[Session]:
        crew, missing = self._crew("pod", start, size)
        for number in missing:
            account, region = _PLACES[number % len(_PLACES)]
            provider = f"oidc.eks.{region}.amazonaws.com/id/5D0F3C9E2B7A4861A1B2C3D4E5F60718"
            caller = oidc_caller(provider, f"system:serviceaccount:kube-system:controller-{number % 4}", account)
            manner = Manner(region, self.at.address(), EKS, apis.POD, f"cluster-{number % 3}", burst=6)
            at = start + self._below(1200)
            role = self.at.role(account, f"eks-controller-{number % 4}")
            crew.append(self.at.grant(role, f"{at}{self.at.rng.getrandbits(30)}", at, caller, manner))
        return crew

    def _services(self, start: int) -> list[Session]:
        """Log calls of AWS's service-linked roles, one of each kind in every account."""
        crew, missing = self._crew("service", start, len(ACCOUNTS) * len(_SERVICES))
        for number in missing:
            account, (service, name) = ACCOUNTS[number % 6], _SERVICES[number // 6]
            host = f"{service}.amazonaws.com"
            role = self.at.role(account, f"AWSServiceRoleFor{name}", f"/aws-service-role/{host}/")
            manner = Manner(_REGIONS[number % 2], host, host, apis.SERVICE, _NAMES[number % 15], burst=8, tls=False)
            at, caller = start + self._below(900), service_caller(host, account)
            crew.append(self.at.grant(role, name, at, caller, manner, 7200, member=f',"invokedBy":"{host}"'))
        return crew

    def _audits(self, start: int) -> list[Session]:
        """Log an external auditor in every account each hour: only the role's copy exists."""
        crew = []
        for account in ACCOUNTS:
            role, at = self.at.role(account, "vendor-posture-audit"), start + self._below(600)
            caller = outside_caller(_VENDOR, "AROA5TGB6YHN7UJM3IKAB:scanner", account)
            for region in _REGIONS:
                manner = Manner(region, "198.51.100.24", BOTO, apis.AUDIT, _NAMES[at % 15])
                crew.append(self.at.grant(role, f"posture-{region}", at, caller, manner))
        return crew

    def _people(self, start: int, size: int) -> list[Session]:
        """Log people of Identity Center: in the console (many keys, guide §4.4) or the CLI."""
        crew, missing = self._crew("person", start, size)
        for _ in missing:
            person, account = _PEOPLE[self._below(len(_PEOPLE))], ACCOUNTS[self._below(len(ACCOUNTS))]
            level, console = _LEVELS[self._below(2)], self._below(10) < 7
            role = self.at.role(account, f"AWSReservedSSO_{level}", "/aws-reserved/sso.amazonaws.com/")
            agent, tail = (BROWSER, _FROM_CONSOLE) if console else (CLI, "")
            manner = Manner(
                _REGIONS[0],
                f"203.0.113.{len(person) * 7}",
                agent,
                apis.CONSOLE,
                _NAMES[0],
                burst=3,
                tail=tail,
            )
            at, caller = start + self._below(1800), saml_caller(person, account)
            session = self.at.grant(role, person, at, caller, manner, 28_800, own_key=True)
            crew.append(session)
            if console:
                self._sign_in(session, at)
                for region in _REGIONS[1:3]:
                    key = unique_id(self.at.rng, "ASIA", account)
                    identity = session.identity.replace(session.key, key)
                    crew.append(session._replace(identity=identity, key=key, manner=manner._replace(region=region)))
        return crew

    def _sign_in(self, session: Session, at: int) -> None:
        rng, log, manner = self.at.rng, self.at.log, session.manner
        event_id = uuid(rng)
        line = record(
            session.identity,
            clock(at),
            "signin",
            "ConsoleLogin",
            manner.region,
            session.account,
            manner.ip,
            manner.agent,
            "null",
            '{"ConsoleLogin":"Success"}',
            uuid(rng),
            event_id,
            extra='{"MobileVersion":"No","MFAUsed":"No"}',
            read_only=False,
            event_type="AwsConsoleSignIn",
        )
        log.lines.append((at, session.account, manner.region, event_id, "", line))
        log.apis.add("signin:ConsoleLogin")

    def _jobs(self, start: int, count: int) -> None:
        """Log workers that assume another role for each job, often in another account, and make one or two calls."""
        rng, workers = self.at.rng, self._live["instance"]
        for number in range(count):
            worker = workers[self._below(len(workers))]
            at = max(worker.start, start) + self._below(1700)
            account = _DATA if rng.random() < 0.3 else worker.account
            role = self.at.role(account, f"tenant-{number % 40:02d}", "/tenants/")
            session = self._step(worker, role, f"job-{rng.getrandbits(40):010x}", at, 900)
            self.at.calls(session, self.at.pick(session), at + 1, 1 + (rng.random() < 0.3))

    def _step(self, by: Session, role: Role, name: str, at: int, seconds: int = 3600) -> Session:
        """Return the session that a session assumes next; both accounts log it."""
        caller = session_caller(by.account, by.identity, by.principal, role.account)
        return self.at.grant(role, name, at, caller, by.manner, seconds)

    def _pipeline(self, start: int) -> None:
        """Log a run of a pipeline: OIDC into the tools account, a deployer role, sometimes one or two more."""
        rng = self.at.rng
        at, name = start + self._below(3000), _NAMES[self._below(len(_NAMES))]
        run, target = f"GitHubActions-{rng.getrandbits(34)}", ACCOUNTS[3 + self._below(3)]
        caller = oidc_caller("token.actions.githubusercontent.com", f"repo:example/{name}:ref:refs/heads/main", _TOOLS)
        manner = Manner(_REGIONS[0], self.at.address(), TERRAFORM, apis.DEPLOY, name)
        session = self.at.grant(self.at.role(_TOOLS, "github-actions", "/ci/"), run, at, caller, manner)
        steps = ((target, "deployer"), (target, f"deployer-{name}"), (_DATA, "migrator"))
        for account, role_name in steps[: 1 + self._below(3)]:
            at += 2
            session = self._step(session, self.at.role(account, role_name, "/ci/"), run, at)
        for _ in range(30 + self._below(60)):
            at += self._below(5)
            self.at.calls(session, self.at.pick(session), at)

    def _forward(self, start: int, count: int) -> None:
        """Log forward access: a service decrypts on behalf of the caller (guide §2.12)."""
        workers, member = self._live["instance"], ',"invokedBy":"AWS Internal"}'
        for _ in range(count):
            caller = workers[self._below(len(workers))]
            at = max(start, caller.start) + self._below(1700)
            identity = caller.identity
            if self._below(5) == 0:
                caller, at = self._users[self._below(len(self._users))], start + self._below(3500)
                identity = caller.identity.replace(caller.key, unique_id(self.at.rng, "ASIA", caller.account))
                identity = (
                    f'{identity[:-1]},"sessionContext":{{"sessionIssuer":{{}},"webIdFederationData":{{}},'
                    f'"attributes":{{"creationDate":"{clock(at)}","mfaAuthenticated":"false"}}}}}}'
                )
            manner = caller.manner._replace(ip="AWS Internal", agent="AWS Internal", tls=False)
            forwarded = caller._replace(identity=identity[:-1] + member, manner=manner)
            self.at.calls(forwarded, apis.DECRYPT, at)

    def _own_name(self, start: int, count: int) -> None:
        """Log calls that AWS services make by themselves."""
        for number in range(count):
            host, (account, region) = _OWN_NAME[number % 3], _PLACES[number % len(_PLACES)]
            manner = Manner(region, host, host, apis.SERVICE, _NAMES[number % 15], tls=False)
            identity = f'{{"type":"AWSService","invokedBy":"{host}"}}'
            session = Session(identity, host, account, "", "", start, start + HOUR_SECONDS, manner)
            api = apis.SERVICE[0] if number % 3 == 0 else apis.DATA_KEY
            self.at.calls(session, api, start + self._below(3590))
