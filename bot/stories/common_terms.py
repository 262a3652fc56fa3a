"""How common English words are in news: articles in a thousand that have the word.

Counted once, as stems (`bot/topics/forms.py`), over 6,393 news leads of several outlets, names
left out. It is what a window knows about words before it has seen any; other languages start
without.
"""

from __future__ import annotations

_TABLE = """
928 the
818 to
756 a
730 of
672 in
634 and
574 on
477 that
466 for
324 with
298 as
295 is
283 it
259 from
255 his
250 by
244 said
236 at
227 he
226 an
220 was
218 has
211 be
210 after
187 will
175 state
165 new
162 have
149 say
147 who
140 are
137 not
133 over
131 but
119 elect
115 about
113 year
107 report
106 this
105 first their
104 more would
102 call
101 week
99 coronavirus day former
97 administr
94 out
93 two
92 which
91 against been one
90 had
89 peopl time
88 announc official
87 into they up were
85 t
84 than
81 accord federal vote
79 last
73 dure presidential
72 or
70 befor campaign
69 all
68 national
67 could govern other
65 bill countri
64 back her leader
63 take what
62 month no
61 when
60 end
59 plan
58 case make we
57 claim him some
56 told
55 investig
54 down
53 includ
52 come million
51 if just law
50 move now security
48 can deal may night offic public releas rule while
47 health made she
46 impeach order political show top
45 pandemic parti
44 attack most
43 also polic
42 between forc how right support
41 do effort follow get issu statement three work
40 alleg border confirm death go kill media there
39 expect face group lawmaker morn tweet
38 accus decis even nation pass senator should sign sinc use
37 amid chief member polici
36 charg compani meet next so
35 nomine number off post question under
34 press set
33 aid ani candid continu earli fund high judg long militari open want
32 chang citi hour protect world
31 allow ask help majority record second still tri vaccin way
30 action becaus both job part push them where whether
29 mark onli warn you
28 did director lead mani our power protest through
27 add congressional economi late like major result shoot special
26 another appear block control counsel fight hear nearly need race speech win
25 agenc ahead famili fire four head increas leav legal officer reporter respons seek social
  talk tax trial video wall won
24 across came conservative debat declar executive give hold intelligence least program reach
  relat remain school servic several start team those war without
23 adviser billion care concern despit found legisl likely look nomin own prevent probe step
  took trade voter
22 around earlier hit immigr inform interview lawyer live provid rais return unemploy whi
21 attempt ban defens economic far latest matter much offer point possibl re receiv turn veri
  virus voted well
20 address approv authority believ business data emergenc final good governor home keep led left
  old place relief senior sexual shot suggest
19 again agreement big break challeng clear comment demand discuss event here histori man measur
  rate recent stop threat today used
18 aim air alreadi assault becom begin build defend fail launch level line money organiz packag
  percent person process request shutdown spread test third threaten victori violat worker wrote
17 agre check close conference cut deni detail died document don find fired five immigrant join
  key later lawsuit letter market ralli reject resign staff target think until
16 afternoon ago battl benefit chairman children decid everi foreign host know opinion pressur
  promis put remov reveal run send serv side six spend tell term violenc weekend
15 account arrest began behind bipartisan dead direct drug due enforcement evening filed full
  gun hope life limit medical my nuclear pay personal prepar primari remark ruled see sent
  session speak strike system testifi then trillion yet
14 along anti appeal away based bid brief caus criminal doe ever expert fact few great inquiri
  less m mass minut name negoti panel past pick poll potential proposal protester reopen
  reportedly requir restrict review role sourc stage street such supporter thing total toward
  troop unveil urg
13 among articl bring budget businesse colleg communiti consider count creat crime crisi
  criticism decad develop evidence fall focus fraud hand held historic involv known lie local
  mean must near onc play presidency prosecutor publish rise running same southern stand student
  surg tariff thousand too women
12 abus alli almost am announcement ballot civil cover delay didn doesn dozen enough enter
  expand express familiar financial free himself international massiv messag might migrant
  multipl never obtain oper privat refus seat soon testimoni vow watch within woman
11 argu arm board controversial critic current describ effect eight email era fear figur forward
  further grant grow happen hundred illegal immediately interest journalist leadership let list
  lost low network outsid page planned prison project resolut respond risk schedul seen sentenc
  seven small son sought stimulus subpoena suspect taken these tie travel visit weapon
10 access affair area biggest blast blow climat condemn conduct convict crowd deadly declin
  determin escal ex fell friend futur getting global got guilti handl hospital human individual
  infect jobless larg ll lower pm present previous proceed product propos pull recommend reform
  repeal replac seri signal significant stay stock stori strong summit though view
9 activist argument avoid best blame boost cancel certain chamber cite clash communic daili
  defeat deliver delivered deputi done drop each effective employe fake file front gain gather
  gave giant given half impos incident introduc largest littl longer me met murder oppos
  outbreak payment platform politic read riot roll rose safeti share shift short singl struggl
  sue track ve violent wake went whose your
8 abort advanc age answer approach becam better carri cast celebr chanc choic closed commiss
  contact cooper critical criticized cross damag design different dismiss disput divid doctor
  dollar emerg explain fals finally firm game grand hack halt highest idea indic initial injur
  interference isn juri leak link lose mask memo miss missil moment movement noth obstruct
  officially onlin opposit partisan phone pledg posit powerful prais pro publicly quickly readi
  real realli reduc regard resident round safe sanction seem serious setting site slow someth
  spark star studi sweep tech tension toll town transit treatment unprecedented victim walk
  water wing withdraw word
7 accept activity additional agent appli appoint approval averag bank base book broke brought
  capital chao complaint complet condit confront considering contain contest corpor cost distanc
  door dose draw educ employer energi facility favor feel floor freedom ground growth hard
  holiday impact incom independent indict industri insid insist instead institut insurance
  investigator kind lack largely learn liberal lot manager meddl misconduct moved nine oil ongo
  option overturn pardon peac politician practic previously prior problem rang regul revers
  revis room roughly save scandal secret secur separ shortly spoke storm su surpris suspend task
  televis ten together transgender treat trigger trip veteran wait wide worst
6 ability abl acknowledg adult affect agenda al ambassador apparent appearance applic arriv
  asylum authorization available await bad beginning buy cannot caucus certifi co combat compar
  congressman conspiraci contract controlled convers corrupt custodi directly domestic doubl
  establish exchang faced father financ formal formally fuel gunman harass hate healthcar heard
  higher highly however identifi important inaugur infrastructur intend internal joint jump ladi
  land lift longtim loom loss mail men midterm moder mount named nationwid newli non note novel
  object opponent outlet outlin owner paid parent park particip per period positive potentially
  price produc profil progressive punish racial reason recoveri renew repeatedly rival saw self
  sex situat slam spent spokesman store struck suffer survey terrorist thank themselv tout true
  user veto voic wage wear weekly widely worri wrong young
5 accuser ad allegedly economist everyth extend increasingly legislative main pair path
  possibility prompt rank rest retali shared upcom wife
"""


def _read(table: str) -> dict[str, int]:
    rates: dict[str, int] = {}
    rate = 0
    for word in table.split():
        if word.isdigit():
            rate = int(word)
        else:
            rates["~" + word] = rate
    return rates


PER_THOUSAND = _read(_TABLE)
"""Stem key -> articles in a thousand."""
