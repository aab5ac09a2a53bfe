# ruff: noqa: E501 (lines of published files are as long as they are)
"""Files shaped as publishers and schools shape them, through `pdsa import` alone.

Every file here is made up; only its shape (layout, header words, levels, totals, marks, ids, groups, periods) is that
of a publisher. Beside each stands what must be stored, told or asked: nothing may be lost or guessed in silence.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from pdsa.cli import pdsa
from pdsa.errors import InputError

Sheets = dict[str, str]


@dataclass(frozen=True)
class Case:
    """One shape: files by name (text, or sheets of a book by name), answers, and what comes of them.

    `rows` are lines "school measure period number [group] status" with number a value, n/d or -; `stored` counts all.
    """

    name: str
    files: dict[str, str | Sheets]
    answers: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    stored: int = 0
    told: tuple[str, ...] = ()
    asked: tuple[str, ...] = field(default=())
    merged: tuple[str, ...] = ()


CALIFORNIA = """
Academic Year\tAggregate Level\tCounty Code\tDistrict Code\tSchool Code\tCounty Name\tDistrict Name\tSchool Name\tCharter School\tReporting Category\tChronicAbsenteeismEligibleCumulativeEnrollment\tChronicAbsenteeismCount\tChronicAbsenteeismRate
2023-24\tT\t00\t\t\tState\t\t\tAll\tTA\t300\t60\t20.0
2023-24\tT\t00\t\t\tState\t\t\tYes\tTA\t100\t10\t10.0
2023-24\tC\t01\t\t\tAlameda\t\t\tAll\tTA\t300\t60\t20.0
2023-24\tD\t01\t10017\t\tAlameda\tNorth\t\tAll\tTA\t300\t60\t20.0
2023-24\tS\t01\t10017\t0112607\tAlameda\tNorth\tAda\tYes\tTA\t100\t10\t10.0
2023-24\tS\t01\t10017\t0112615\tAlameda\tNorth\tBell\tNo \tTA\t200\t50\t25.0
2023-24\tS\t01\t10017\t0112615\tAlameda\tNorth\tBell\tNo \tRB\t*\t*\t*
"""
NEW_YORK = """
INSTITUTION_ID,ENTITY_CD,ENTITY_NAME,YEAR,SUBGROUP_NAME,ENROLLMENT,ABSENT_COUNT,ABSENT_RATE,LEVEL
800000081568,111111111111,All Public Schools,2023,All Students,450,60,13.3,
800000045678,010100010014,MONTESSORI MAGNET,2023,All Students,100,10,10.0,3
800000045679,010100010016,PINE HILLS,2023,All Students,200,20,10.0,2
800000045680,010100010018,DELAWARE,2023,All Students,150,30,20.0,1
800000045681,010100010019,NEW SCOTLAND,2023,Homeless,12,s,s,
800000045684,010100010020,GIFFEN,2023,Homeless,40,10,25.0,1
800000045682,010100010021,EAGLE,2023,Homeless,40,20,50.0,1
"""
GEORGIA = """
LONG_SCHOOL_YEAR,DETAIL_LVL_DESC,SCHOOL_DSTRCT_CD,SCHOOL_DSTRCT_NM,INSTN_NUMBER,INSTN_NAME,LABEL_LVL_1_DESC,STUDENT_COUNT_ALL,OVER_15_PERCENT,CHRONIC_ABSENT_PERC
2022-23,State,ALL,All Districts,ALL,All Schools,ALL Students,900,22.9,24.5
2022-23,District,601,Appling,ALL,All Schools,ALL Students,500,24.8,23.1
2022-23,School,601,Appling,0103,Altamaha,ALL Students,250,30.0,20.5
2022-23,School,601,Appling,0177,Appling High,Migrant,TFS,TFS,TFS
2022-23,School,602,Atkinson,0103,Pearson,ALL Students,400,29.5,26.5
"""
MICHIGAN = """
SchoolYear,DistrictCode,DistrictName,BuildingCode,BuildingName,EntityType,ReportCategory,ReportSubCategory,TotalStudents,TotalChronicallyAbsent,ChronicallyAbsentRate,AttendanceRate
23 - 24 School Year,00000,All Districts,00000,All Buildings,State,All Students,All Students,400,70,17.50%,92.10%
23 - 24 School Year,03010,Plainwell,00000,All Buildings,LEA District,All Students,All Students,400,70,17.50%,92.10%
23 - 24 School Year,03010,Plainwell,00123,Gilkey,LEA School,All Students,All Students,100,20,20.00%,91.10%
23 - 24 School Year,03010,Plainwell,00124,Starr,LEA School,All Students,All Students,300,50,16.67%,92.40%
23 - 24 School Year,03010,Plainwell,00124,Starr,LEA School,Homeless,Homeless,12,<10,<5%,>95%
23 - 24 School Year,03010,Plainwell,00123,Gilkey,LEA School,Homeless,Homeless,<10,<10,*,*
"""
WASHINGTON = """
SchoolYear,OrganizationLevel,DistrictCode,DistrictName,SchoolCode,SchoolName,StudentGroupType,StudentGroup,GradeLevel,Measure,Suppression,Numerator,Denominator,Percent
2022-23,State,,,,State Total,All,All Students,All Grades,Regular Attendance,,150,200,0.7500
2022-23,District,17001,Seattle,,District Total,All,All Students,All Grades,Regular Attendance,,150,200,0.7500
2022-23,School,17001,Seattle,2001,Adams,All,All Students,All Grades,Regular Attendance,,70,100,0.7000
2022-23,School,17001,Seattle,2002,Bagley,All,All Students,All Grades,Regular Attendance,,80,100,0.8000
2022-23,School,17001,Seattle,2002,Bagley,Foster Care,Foster Care,All Grades,Regular Attendance,N<10,,,
2022-23,School,17001,Seattle,2002,Bagley,All,All Students,All Grades,Ninth Grade on Track,,45,60,0.7500
"""
MASSACHUSETTS = """
2023-24 Student Attendance Report (School) - All Students,,,,
School Name,School Code,Attendance Rate,Chronically Absent (10% or more),Chronically Absent (20% or more)
Abington - Beaver Brook,00010003,94.1,15.5,2.1
Abington - Woodsdale,00010015,93.0,20.5,4.0
Acton - Blanchard,00020005,95.2,9.9,1.0
State Totals,00000000,93.1,22.2,5.2
"""
CONNECTICUT = """
Chronic Absenteeism Trend: All Students
,,2020-21,,2021-22,
District,School,Count,Percent,Count,Percent
Andover,Andover Elementary,10,10.0,12,12.0
Ansonia,Mead,30,20.0,*,*
Ansonia,Prendergast,20,10.0,44,22.0
"""
TENNESSEE = """
system,system_name,school,school_name,student_group,n_students,n_chronically_absent,pct_chronically_absent
0,State of Tennessee,0,All Schools,All Students,400,70,17.5
10,Anderson,0,All Schools,All Students,300,50,16.7
10,Anderson,2,Andersonville,All Students,100,20,20.0
10,Anderson,10,Claxton,All Students,200,30,15.0
20,Bedford,2,Cascade,All Students,100,20,20.0
20,Bedford,2,Cascade,Homeless,40,**,**
20,Bedford,2,Cascade,Native American,4,*,*
"""
LOUISIANA = """
SchoolYear,School System Code,School System Name,Site Code,Site Name,Total Enrollment,# Chronically Absent,% Chronically Absent
2022-2023,LA,Louisiana Statewide,LA,Louisiana Statewide,600,120,20.0
2022-2023,001,Acadia Parish,001,Acadia Parish,400,90,22.5
2022-2023,001,Acadia Parish,001001,Armstrong,100,40,40.0
2022-2023,001,Acadia Parish,001002,Branch,300,50,16.7
2022-2023,W01,Charter One,W01,Charter One,200,30,15.0
"""
KENTUCKY = """
SCHOOL YEAR,DISTRICT NUMBER,DISTRICT NAME,SCHOOL NUMBER,SCHOOL NAME,SCHOOL CODE,DEMOGRAPHIC,SUPPRESSED,CHRONIC ABSENTEE COUNT,ENROLLMENT COUNT,CHRONIC ABSENTEE RATE
20222023,999,State,,---State Total---,999000,All Students,No,90,400,22.5
20222023,001,Adair,,---District Total---,001000,All Students,No,60,250,24.0
20222023,001,Adair,010,Adair High,001010,All Students,No,40,100,40.0
20222023,001,Adair,020,Adair Middle,001020,All Students,No,20,150,13.3
20222023,005,Allen,010,Allen High,005010,All Students,No,30,150,20.0
20222023,005,Allen,010,Allen High,005010,Homeless,Yes,,,
"""
WISCONSIN = """
SCHOOL_YEAR,DISTRICT_CODE,SCHOOL_CODE,DISTRICT_NAME,SCHOOL_NAME,GROUP_BY,GROUP_BY_VALUE,POSSIBLE_DAYS_OF_ATTENDANCE,ACTUAL_DAYS_OF_ATTENDANCE,ATTENDANCE_RATE
2022-23,0000,,[Statewide],[Statewide],All Students,All Students,4000.0,3600.0,90.0
2022-23,0007,,Abbotsford,[Districtwide],All Students,All Students,2000.0,1800.0,90.0
2022-23,0007,0020,Abbotsford,Abbotsford El,All Students,All Students,2000.0,1800.0,90.0
2022-23,0007,0020,Abbotsford,Abbotsford El,Gender,Female,1000.0,910.0,91.0
2022-23,0014,0020,Adams,Adams El,All Students,All Students,2000.0,1800.0,90.0
2022-23,0014,0020,Adams,Adams El,Migrant Status,Migrant,*,*,*
"""
DELAWARE = """
School Year,District Code,School Code,Organization,Race,Grade,SubGroup,Rowstatus,Students,ChronicallyAbsent,PctChronicallyAbsent
2023,31,610,Brandywine High,All Students,All Students,All Students,REPORTED,100,20,20.00
2023,31,610,Brandywine High,All Students,9th Grade,9th Grade,REPORTED,30,10,33.33
2023,31,611,Concord,All Students,All Students,All Students,REPORTED,200,20,10.00
2023,31,611,Concord,All Students,9th Grade,9th Grade,REDACTED,,,
"""
ENGLAND = """
time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,new_la_code,la_name,education_phase,enrolments,sess_overall_percent,enrolments_pa_10_exact,enrolments_pa_10_exact_percent
201819,Academic year,National,E92000001,England,,,,,,Total,300,5.1,30,10.00
201819,Academic year,Regional,E92000001,England,E12000007,London,,,,Total,300,5.1,30,10.00
201819,Academic year,Local authority,E92000001,England,E12000007,London,201,E09000001,City,Total,100,5.0,10,10.00
201819,Academic year,Local authority,E92000001,England,E12000007,London,202,E09000007,Camden,Total,200,5.2,20,10.00
201819,Academic year,Local authority,E92000001,England,E12000007,London,202,E09000007,Camden,Special,c,c,c,c
"""
TEXAS = """
CAMPUS,CAMPNAME,DISTRICT,DISTNAME,CA0AT22R,CA0AT21R
'001902001,CAYUGA H S,'001902,CAYUGA ISD,95.1,94.2
'001902041,CAYUGA MIDDLE,'001902,CAYUGA ISD,94.0,93.9
'001903001,ELKHART H S,'001903,ELKHART ISD,93.6,92.8
"""
NEW_JERSEY = """
CountyCode,CountyName,DistrictCode,DistrictName,SchoolCode,SchoolName,StudentGroup,Chronic_Abs_Pct
01,Atlantic,0010,Absecon,050,Marsh,Schoolwide,10.8
01,Atlantic,0010,Absecon,050,Marsh,Homeless,*
01,Atlantic,0110,Atlantic City,050,Brighton,Schoolwide,18.3
"""
VIRGINIA = """
School Year,Division Number,Division Name,School Number,School Name,Subgroup,Count Below 10% Absence,Percent Below 10% Absence,Count 10% Absence and Above,Percent 10% Absence and Above,Total Student Count
2023-2024,001,Accomack,0010,Nandua,All Students,80,80.00,20,20.00,100
2023-2024,001,Accomack,0020,Arcadia,All Students,150,75.00,50,25.00,200
2023-2024,002,Albemarle,0030,Henley,All Students,270,90.00,30,10.00,300
2023-2024,002,Albemarle,0040,Burley,All Students,100,50.00,100,50.00,200
2023-2024,002,Albemarle,0050,Walton,All Students,60,60.00,40,40.00,100
2023-2024,002,Albemarle,0050,Walton,Homeless,<,<,<,<,<
"""
PENNSYLVANIA = """
DistrictName,Name,AUN,Schl,DataElement,DisplayValue
Abington,Abington HS,123460302,5000,Percent Regular Attendance,88.1
Abington,Abington HS,123460302,5000,Four-Year Cohort Graduation Rate,95.5
Abington,Overlook,123460302,5001,Percent Regular Attendance,92.0
Abington,Overlook,123460302,5001,Four-Year Cohort Graduation Rate,
Abington,Overlook,123460302,5001,Title I School,Yes
Abington,Overlook,123460302,5001,Grades Offered,K-5
Abington,Overlook,123460302,5001,Internet Speed,101
"""
NEW_SOUTH_WALES = """
School Code,School Name,2016,2017,2018
1001,Abbotsford,95.1,94.9,95.0
1002,Aberdeen,np,92.2,91.1
1003,Abermain,92.3,sp,na
"""
SIDE_BY_SIDE = """
School ID,School Name,2019-20 Chronically Absent,2019-20 Enrollment,2020-21 Chronically Absent,2020-21 Enrollment
0001,Ada,10,100,12,110
0002,Bell,20,200,,
"""
WEEKS = """
School,Week 1,,Week 2,
,Present,Enrolled,Present,Enrolled
Ada,180,200,178,201
Bell,90,100,95,100
"""
MEASURES_OVER_YEARS = """
,,Attendance Rate,,Chronic Absenteeism Rate,
School ID,School,2021-22,2022-23,2021-22,2022-23
001,Ada,94.1,93.5,12.2,15.9
002,Bell,92.0,92.2,20.0,19.1
"""

CASES = (
    Case(
        "California: levels, charter totals, codes of groups",
        {"chronicabsenteeism24.txt": CALIFORNIA},
        rows=(
            "0112607 chronic_absence 2023-07-01 10/100 reported",
            "0112615 chronic_absence 2023-07-01 50/200 reported",
            "0112615 chronic_absence 2023-07-01 - RB suppressed",
        ),
        stored=3,
        told=("totals of regions or of some kinds of schools; left out, not compared", "2 equal their sums, 0 do not"),
    ),
    Case(
        "New York State: a rate whose measure only the file's name tells, a year alone, a total with an id",
        {"ACC EM Chronic Absenteeism.csv": NEW_YORK},
        asked=("'use:ABSENT_RATE=chronic_absence'",),
    ),
    Case(
        "New York State, answered",
        {"ACC EM Chronic Absenteeism.csv": NEW_YORK},
        ("use:ABSENT_RATE=chronic_absence", "total:All Public Schools=total", "year=end"),
        rows=(
            "800000045678 chronic_absence 2022-07-01 10/100 reported",
            "800000045681 chronic_absence 2022-07-01 -/12 Homeless suppressed",
        ),
        told=("totals (All Public Schools)",),
    ),
    Case("Georgia: an id that repeats in districts", {"Att.csv": GEORGIA}, asked=("school=district+school",)),
    Case(
        "Georgia, answered: ALL for totals, TFS for too few students",
        {"Att.csv": GEORGIA},
        ("school=district+school",),
        rows=(
            "601-0103 chronic_absence 2022-07-01 0.205 reported",
            "601-0177 chronic_absence 2022-07-01 - Migrant suppressed",
            "602-0103 chronic_absence 2022-07-01 0.265 reported",
        ),
        stored=3,
        told=("TFS read as suppressed",),
    ),
    Case(
        "Michigan: zeros for totals, a category beside each group, bounds",
        {"StudentAttendance.csv": MICHIGAN},
        rows=(
            "00123 chronic_absence 2023-07-01 20/100 reported",
            "00124 chronic_absence 2023-07-01 0.05 Homeless bottom_coded",
            "00124 attendance 2023-07-01 0.95 Homeless top_coded",
            "00123 attendance 2023-07-01 - Homeless suppressed",
        ),
        stored=8,
        told=("totals (All Buildings)", ">95% kept as bounds (or more), not as values"),
    ),
    Case(
        "Washington: a column names the measure and another one why there is no number",
        {"Report_Card_SQSS_for_2022-23.csv": WASHINGTON},
        ("measure:Regular Attendance=regular", "better:regular=up"),
        rows=(
            "2001 regular 2022-07-01 70/100 reported",
            "2002 regular 2022-07-01 - Foster Care suppressed",
            "2002 credits_on_track 2022-07-01 45/60 reported",
        ),
        stored=4,
        told=("1 rows without a number have the reason", "2 equal their sums, 0 do not"),
    ),
    Case(
        "Massachusetts: two columns that may be chronic absence",
        {"attendance.csv": MASSACHUSETTS},
        asked=("2 columns that may be chronic_absence", "column:chronic_absence=Chronically Absent (10% or more)"),
    ),
    Case(
        "Massachusetts, answered: rates under a name of counts",
        {"attendance.csv": MASSACHUSETTS},
        ("column:chronic_absence=Chronically Absent (10% or more)",),
        rows=(
            "00010003 attendance 2023-07-01 0.941 reported",
            "00010003 chronic_absence 2023-07-01 0.155 reported",
            "00020005 chronic_absence 2023-07-01 0.099 reported",
        ),
        stored=6,
        told=("no count has decimals or percent signs", "2023-24 from the title", "totals (State Totals)"),
    ),
    Case(
        "Connecticut: years over count and percent, the title names the measure",
        {"trend.csv": CONNECTICUT},
        asked=("'measure=...'", "which names chronic_absence of the library"),
    ),
    Case(
        "Connecticut, answered",
        {"trend.csv": CONNECTICUT},
        ("measure=chronic_absence",),
        rows=(
            "Andover Elementary chronic_absence 2020-07-01 0.1 reported",
            "Andover Elementary chronic_absence 2021-07-01 0.12 reported",
            "Mead chronic_absence 2021-07-01 - suppressed",
        ),
        stored=6,
        told=("columns for each of 2 periods (2020-21, 2021-22) read one below the other: Count, Percent",),
    ),
    Case(
        "Tennessee: zero as the id of totals; a school 10 in a district 10 is no total",
        {"chronic_absenteeism_2022-23.csv": TENNESSEE},
        ("school=district+school",),
        rows=(
            "10-10 chronic_absence 2022-07-01 30/200 reported",
            "20-2 chronic_absence 2022-07-01 -/40 Homeless suppressed",
            "20-2 chronic_absence 2022-07-01 -/4 Native American suppressed",
        ),
        stored=5,
        told=("totals (All Schools)",),
    ),
    Case(
        "Louisiana: rows of districts that bear their own number",
        {"la.csv": LOUISIANA},
        asked=("Site Code 001 is the School System Code too", "'district-rows=total'"),
    ),
    Case(
        "Louisiana, answered: the only school of a district is no total",
        {"la.csv": LOUISIANA},
        ("district-rows=total", "total:Louisiana Statewide=total"),
        rows=(
            "001001 chronic_absence 2022-07-01 40/100 reported",
            "W01 chronic_absence 2022-07-01 30/200 reported",
        ),
        stored=3,
        told=("1 equal their sums, 0 do not, 1 cannot be compared",),
    ),
    Case(
        "Kentucky: of two ids the one that stands in one district only; reasons as yes and no",
        {"KYRC23.csv": KENTUCKY},
        rows=(
            "001010 chronic_absence 2022-07-01 40/100 reported",
            "005010 chronic_absence 2022-07-01 - Homeless suppressed",
        ),
        told=("school = SCHOOL CODE", "totals (---State Total---, ---District Total---)"),
    ),
    Case(
        "Wisconsin: brackets around totals, half days",
        {"attendance_certified_2022-23.csv": WISCONSIN},
        ("school=district+school",),
        rows=(
            "0007-0020 attendance 2022-07-01 910/1000 Female reported",
            "0014-0020 attendance 2022-07-01 - Migrant suppressed",
        ),
        stored=4,
        told=("totals ([Statewide], [Districtwide])", "2 equal their sums, 0 do not"),
    ),
    Case(
        "Delaware: a group said in two columns is said once",
        {"chronic.csv": DELAWARE},
        ("year=end",),
        rows=(
            "610 chronic_absence 2022-07-01 10/30 9th Grade reported",
            "611 chronic_absence 2022-07-01 - 9th Grade suppressed",
        ),
        stored=4,
    ),
    Case("England: c is not known everywhere", {"absence.csv": ENGLAND}, asked=("'mark:c=suppressed'",)),
    Case(
        "England, answered: local authorities are the units, regions are no totals of theirs",
        {"absence.csv": ENGLAND},
        ("mark:c=suppressed",),
        rows=(
            "201 chronic_absence 2018-07-01 10/100 reported",
            "202 chronic_absence 2018-07-01 - Special suppressed",
        ),
        stored=3,
        told=("totals of regions", "1 equal their sums, 0 do not"),
    ),
    Case("Texas: headers that are codes", {"CAMPPROF.csv": TEXAS}, asked=("'use=CA0AT22R' (the column CA0AT22R)",)),
    Case(
        "Texas, answered: the apostrophe before ids",
        {"CAMPPROF.csv": TEXAS},
        ("use:CA0AT22R=attendance", "period:CAMPPROF.csv=2021-22"),
        rows=("001902001 attendance 2021-07-01 0.951 reported",),
        stored=3,
        told=("the apostrophe before each id taken off", "CA0AT21R (a column is added by"),
    ),
    Case(
        "New Jersey: the year in the file's name",
        {"PerformanceReports_2022-2023.xlsx": {"ChronicAbsenteeism": NEW_JERSEY}},
        ("school=district+school",),
        rows=(
            "0010-050 chronic_absence 2022-07-01 0.108 reported",
            "0010-050 chronic_absence 2022-07-01 - Homeless suppressed",
        ),
        stored=3,
        told=("2022-2023 from the file name",),
    ),
    Case(
        "Virginia: count, percent and total, none read backwards",
        {"va.csv": VIRGINIA},
        ("mark:<=suppressed",),
        rows=(
            "0010 chronic_absence 2023-07-01 20/100 reported",
            "0050 chronic_absence 2023-07-01 - Homeless suppressed",
        ),
        stored=6,
    ),
    Case(
        "Pennsylvania: hundreds of elements in one column",
        {"SchoolFastFacts_20222023.csv": PENNSYLVANIA},
        asked=("4 texts: 'Percent Regular Attendance'", "'other-measures=leave-out'"),
    ),
    Case(
        "Pennsylvania, answered",
        {"SchoolFastFacts_20222023.csv": PENNSYLVANIA},
        ("other-measures=leave-out",),
        rows=("5000 graduation_4yr 2022-07-01 0.955 reported", "5001 graduation_4yr 2022-07-01 - missing"),
        stored=2,
        told=("5 rows of other measures left out",),
    ),
    Case(
        "New South Wales: calendar years as columns, marks of their own",
        {"rates.csv": NEW_SOUTH_WALES},
        ("measure=attendance", "year=calendar"),
        asked=("'mark:np=missing'", "'mark:sp=suppressed'"),
    ),
    Case(
        "New South Wales, answered",
        {"rates.csv": NEW_SOUTH_WALES},
        ("measure=attendance", "year=calendar", "mark:np=missing", "mark:sp=suppressed"),
        rows=(
            "1001 attendance 2016-01-01 0.951 reported",
            "1002 attendance 2016-01-01 - missing",
            "1003 attendance 2017-01-01 - suppressed",
            "1003 attendance 2018-01-01 - not_applicable",
        ),
        stored=9,
    ),
    Case(
        "Years side by side over two kinds of counts",
        {"side.csv": SIDE_BY_SIDE},
        rows=(
            "0001 chronic_absence 2019-07-01 10/100 reported",
            "0001 chronic_absence 2020-07-01 12/110 reported",
            "0002 chronic_absence 2020-07-01 - missing",
        ),
        told=("columns for each of 2 periods (2019-20, 2020-21)",),
    ),
    Case("A tracker of weeks without a year", {"weeks.csv": WEEKS}, ("measure=attendance",), asked=("'week1=...'",)),
    Case(
        "A tracker of weeks, answered",
        {"weeks.csv": WEEKS},
        ("measure=attendance", "week1=2024-09-02"),
        rows=("Ada attendance 2024-09-02 180/200 reported", "Ada attendance 2024-09-09 178/201 reported"),
        stored=4,
    ),
    Case(
        "Measures over years",
        {"over.csv": MEASURES_OVER_YEARS},
        rows=(
            "001 attendance 2021-07-01 0.941 reported",
            "001 chronic_absence 2022-07-01 0.159 reported",
        ),
        stored=8,
    ),
    Case(
        "A book of merged weeks with a total",
        {
            "tracker.xlsx": {
                "Tracker": """
Riverside attendance tracker,,,,,
,,Week of 9/9/2024,,Week of 9/16/2024,
School ID,School,Present,Enrolled,Present,Enrolled
101,Ada,180,200,178,200
102,Bell,90,100,95,100
,Total,270,300,273,300
"""
            }
        },
        ("measure=attendance",),
        rows=("101 attendance 2024-09-09 180/200 reported", "102 attendance 2024-09-16 95/100 reported"),
        stored=4,
        told=("2 equal their sums, 0 do not",),
        merged=("A1:F1", "C2:D2", "E2:F2"),
    ),
    Case(
        "Days of one column can be read in two ways, those of another cannot: none is lost",
        {"rates.csv": "School,9/6/2024,9/13/2024,9/20/2024,YTD\nAda,91.1%,92.0%,90.5%,91.2%\nBell,88%,89%,90%,89%\n"},
        ("measure=attendance",),
        rows=("Ada attendance 2024-09-06 0.911 reported", "Bell attendance 2024-09-20 0.9 reported"),
        stored=6,
        told=("columns not used: YTD",),
    ),
    Case(
        "Counts of counts in a cell",
        {"pairs.csv": "School,2024-09-06,2024-09-13,2024-09-20\nAda,20/30,21/30,0/0\nBell,10 of 12,11 of 12,12 of 12\n"},
        ("measure=attendance",),
        rows=(
            "Ada attendance 2024-09-06 20/30 reported",
            "Bell attendance 2024-09-20 12/12 reported",
            "Ada attendance 2024-09-20 0/0 not_applicable",
        ),
        stored=6,
    ),
    Case(
        "A sheet for each school",
        {"by school.xlsx": {"Ada": "Month,Chronically Absent,Enrollment\n2024-09,10,100\n2024-10,9,100\n",
                            "Bell": "Month,Chronically Absent,Enrollment\n2024-09,20,110\n2024-10,19,110\n"}},
        asked=("'school-from=sheet' (the name of each sheet is a school: Ada, Bell)",),
    ),
    Case(
        "A sheet for each school, answered",
        {"by school.xlsx": {"Ada": "Month,Chronically Absent,Enrollment\n2024-09,10,100\n2024-10,9,100\n",
                            "Bell": "Month,Chronically Absent,Enrollment\n2024-09,20,110\n2024-10,19,110\n"}},
        ("school-from=sheet",),
        rows=("Ada chronic_absence 2024-09-01 10/100 reported", "Bell chronic_absence 2024-10-01 19/110 reported"),
        stored=4,
    ),
    Case(
        "A row for each measure, a column for each month",
        {"score.csv": "School,Measure,Sep 2024,Oct 2024,Jan 2025,Target\nAda,Attendance rate,91%,92%,93.5%,95%\n"
                      "Ada,Chronic absence,20%,21%,18%,15%\nBell,Attendance rate,89%,90%,91%,95%\n"},
        rows=("Ada attendance 2025-01-01 0.935 reported", "Ada chronic_absence 2024-10-01 0.21 reported"),
        stored=9,
        told=("columns for each of 3 periods (Sep 2024, Oct 2024, Jan 2025)", "columns not used: Target"),
    ),
    Case(
        "Weeks to come are no missing weeks",
        {"w.csv": "School,9/9/2024,9/16/2024,9/23/2024,6/9/2099\nLark,91%,92%,93.5%,\nBell,89%,,91%,\n"},
        ("measure=attendance",),
        rows=("Bell attendance 2024-09-16 - missing",),
        stored=6,
        told=("nothing stands under 6/9/2099; left out",),
    ),
    Case(
        "A target of another year is no period",
        {"t.csv": "School Code,attendance_rate_2021_22,attendance_rate_2022_23,target_2099_00\n01,91.5,92.1,95\n02,90.5,91,95\n"},
        rows=("01 attendance 2022-07-01 0.921 reported",),
        stored=4,
        told=("columns not used: target_2099_00",),
    ),
    Case(
        "A sheet for each measure",
        {"m_2023-24.xlsx": {"Attendance": "School Code,Rate\n01,91.5\n02,90.5\n",
                            "Chronic Absenteeism": "School Code,Rate\n01,20.5\n02,21.5\n"}},
        asked=("'measure-from=sheet' (the name of each sheet is its measure: Attendance, Chronic Absenteeism)",),
    ),
    Case(
        "A sheet for each measure, answered",
        {"m_2023-24.xlsx": {"Attendance": "School Code,Rate\n01,91.5\n02,90.5\n",
                            "Chronic Absenteeism": "School Code,Rate\n01,20.5\n02,21.5\n"}},
        ("measure-from=sheet",),
        rows=("01 attendance 2023-07-01 0.915 reported", "01 chronic_absence 2023-07-01 0.205 reported"),
        stored=4,
    ),
    Case(
        "Schools as columns",
        {"a.csv": "Date,Lark,Bell High,Total\n2024-09-09,91.5%,89%,90%\n2024-09-10,92%,88%,90%\n"},
        asked=("'layout=schools-as-columns' (each column is a school: Lark, Bell High)",),
    ),
    Case(
        "Schools as columns, answered",
        {"a.csv": "Date,Lark,Bell High,Total\n2024-09-09,91.5%,89%,90%\n2024-09-10,92%,88%,90%\n"},
        ("layout=schools-as-columns", "measure=attendance"),
        rows=("Lark attendance 2024-09-09 0.915 reported", "Bell High attendance 2024-09-10 0.88 reported"),
        stored=4,
        told=("2 columns of schools read one below the other", "columns not used: Total"),
    ),
    Case(
        "A sheet for each month",
        {"monthly.xlsx": {"Sept 2024": "School Code,School,Chronically Absent,Total Students\n0011,Ada,10,100\n",
                          "Oct 2024": "School Code,School,Chronically Absent,Total Students\n0011,Ada,12,101\n"}},
        rows=("0011 chronic_absence 2024-09-01 10/100 reported", "0011 chronic_absence 2024-10-01 12/101 reported"),
        stored=2,
        told=("Sept 2024 from the sheet's name",),
    ),
    Case(
        "Months beside school years",
        {"m.csv": "School Year,Month,School ID,Days Present,Days Enrolled\n2023-24,August,01,950,1000\n"
                  "2023-24,January,01,900,1000\n"},
        rows=("01 attendance 2023-08-01 950/1000 reported", "01 attendance 2024-01-01 900/1000 reported"),
        stored=2,
        told=("Month and School Year read together",),
    ),
    Case(
        "Months without a year, the year in the file's name, a total that is none of the months",
        {"Suspended 2024-25.csv": "School,Sep,Oct,Jan,Total\nAda,3,4,5,12\nBell,1,0,2,3\nTotal,4,4,7,15\n"},
        ("measure=incidents", "better:incidents=down", "type:incidents=count"),
        rows=("Ada incidents 2024-09-01 3 reported", "Ada incidents 2025-01-01 5 reported"),
        stored=6,
        told=("no year; 2024-25 from the name of the file", "columns not used: Total", "3 equal their sums"),
    ),
    Case(
        "The day on which a report was made is no period",
        {"chronic_2022-23.csv": "Report generated 11/3/2023,,\nSchool Code,Chronically Absent,Enrollment\n0001,9,90\n"
                                "0002,8,80\n,,\n* fewer than 10 students,,\n"},
        rows=("0001 chronic_absence 2022-07-01 9/90 reported",),
        told=("a note, left out: * fewer than 10 students",),
    ),
    Case(
        "Title and file contradict each other",
        {"chronic_2023-24.csv": "Chronic absence 2022-23,,\nSchool Code,Chronically Absent,Enrollment\n0001,9,90\n0002,8,80\n"},
        asked=("2022-23 but 2023-24",),
    ),
    Case(
        "Parts of a year are no periods yet",
        {"q.csv": "School,Q1,Q2,Q3\nAda,91%,92%,93%\nBell,90%,91%,92%\n"},
        asked=("columns of parts of a year: Q1, Q2, Q3",),
    ),
    Case(
        "Grades are no days",
        {"s_2023-24.csv": "School,Grades 3-5 Enrolled,Grades 6-8 Enrolled,Chronically Absent,Enrollment\nAda,9,8,3,17\n"},
        rows=("Ada chronic_absence 2023-07-01 3/17 reported",),
        told=("columns not used: Grades 3-5 Enrolled, Grades 6-8 Enrolled",),
    ),
    Case(
        "Counts of chronic absence, of how many?",
        {"c_2023-24.csv": "School,Chronically Absent\nAda,9\nBell,12\n"},
        asked=("no denominator beside it", "denominator:Chronically Absent=percent"),
    ),
    Case(
        "Points between thousands of a semicolon file",
        {"t.csv": "School ID;School Year;Chronically Absent;Enrollment\n001;2023-24;90;1.200\n002;2023-24;80;1.450\n"},
        asked=("decimal:Enrollment=comma",),
    ),
    Case(
        "Decimal commas",
        {"d.csv": "School ID;School Year;Attendance Rate\n001;2023-24;90,5\n002;2023-24;91,25\n"},
        rows=("001 attendance 2023-07-01 0.905 reported",),
        stored=2,
        told=("comma read as decimal sign", "columns separated by semicolons"),
    ),
    Case(
        "A level that nobody knows",
        {"l.csv": "School Year,Entity Type,District Code,School Code,Chronically Absent,Enrollment\n"
                  "2023-24,State,,,30,300\n2023-24,School,1,001,10,100\n2023-24,Hub,1,002,20,200\n"},
        asked=("'level:Hub=school'",),
    ),
    Case(
        "A form with questions for headers, and who answered it",
        {"form.csv": "Timestamp,Email Address,Which school?,Week of,Present,Enrolled\n"
                     "9/13/2024 8:00:00,a@x.org,Ada,2024-09-09,9,10\n9/13/2024 8:00:10,b@x.org,Bell,2024-09-09,8,10\n"},
        asked=("found e-mail addresses",),
    ),
    Case(
        "A form, without who answered it",
        {"form.csv": "Timestamp,Which school?,Week of,How many are here?,How many are enrolled?\n"
                     "9/13/2024 8:00:00,Ada,2024-09-09,9,10\n9/13/2024 8:00:10,Bell,2024-09-09,8,10\n"},
        ("use:How many are here?=attendance numerator", "use:How many are enrolled?=attendance denominator"),
        rows=("Ada attendance 2024-09-09 9/10 reported",),
        stored=2,
    ),
    Case(
        "A tracker whose school stands in the first row of its block only",
        {"b.csv": "School,Month,Chronically Absent,Enrollment\nAda,Sep 2024,9,90\n,Oct 2024,8,90\nBell,Sep 2024,7,70\n"},
        ("blank-ids=fill",),
        rows=("Ada chronic_absence 2024-10-01 8/90 reported",),
        told=("1 blank cells filled from above",),
    ),
)  # fmt: skip


def written(folder: Path, case: Case) -> list[Path]:
    """The files of a case."""
    paths = []
    for name, content in case.files.items():
        path = folder / name
        if isinstance(content, str):
            path.write_text(content.lstrip("\n"), encoding="utf-8")
        else:
            save_book(path, content, case.merged)
        paths.append(path)
    return paths


def save_book(path: Path, sheets: Sheets, merged: Sequence[str]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        sheet = book.create_sheet(name)
        for row in csv.reader(text.strip("\n").splitlines()):
            sheet.append([cell or None for cell in row])
        for cells in merged:
            sheet.merge_cells(cells)
    book.save(path)


def lines(folder: Path) -> list[str]:
    """The stored observations as lines "school measure period number [group] status"."""
    (file,) = (folder / "observations").glob("*.csv")
    with file.open(encoding="utf-8", newline="") as opened:
        return [line(row) for row in csv.DictReader(opened)]


def line(row: dict[str, str]) -> str:
    value, top, bottom = row["value"], row["numerator"], row["denominator"]
    number = value or (f"{top or '-'}/{bottom}" if bottom else "-")
    return " ".join(filter(None, (row["school"], row["measure"], row["period"], number, row["group"], row["status"])))


def run(tmp_path: Path, files: Sequence[Path], answers: Sequence[str]) -> tuple[int, str, Path]:
    """Exit code, all that was printed or raised, and the workspace."""
    folder = tmp_path / "network"
    if not folder.exists():
        folder.mkdir()
        (folder / "network.yaml").write_text("id: net\nname: Net\n", encoding="utf-8")
    flags = [word for one in answers for word in ("--answer", one)]
    done = CliRunner().invoke(pdsa, ["import", *map(str, files), "--into", str(folder), "--batch", *flags])
    if done.exception is not None and not isinstance(done.exception, SystemExit | InputError):
        raise done.exception
    said = done.output + (str(done.exception) if isinstance(done.exception, InputError) else "")
    return done.exit_code, said, folder


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_shape(case: Case, tmp_path: Path) -> None:
    code, said, folder = run(tmp_path, written(tmp_path, case), case.answers)
    for text in (*case.told, *case.asked):
        assert text in said, said
    if case.asked:
        assert code != 0
        assert not (folder / "observations").exists()
        return
    assert code == 0, said
    found = lines(folder)
    assert [row for row in case.rows if row not in found] == [], "\n".join(found)
    assert len(found) == (case.stored or len(found)), "\n".join(found)


def test_files_of_an_archive_each_of_its_year(tmp_path: Path) -> None:
    path = tmp_path / "att.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for year, rate in (("2021-22", "94.5"), ("2022-23", "93.5")):
            archive.writestr(f"att_{year}.csv", f"School Code,Attendance Rate\n0001,{rate}\n0002,90.0\n")
    code, said, folder = run(tmp_path, [path], ())
    assert code == 0, said
    assert "each member of the archive names its own" in said
    assert "0001 attendance 2021-07-01 0.945 reported" in lines(folder)
    assert "0001 attendance 2022-07-01 0.935 reported" in lines(folder)


def test_the_same_shape_next_year_asks_nothing(tmp_path: Path) -> None:
    first = tmp_path / "trend_a.csv"
    first.write_text(CONNECTICUT.lstrip("\n"), encoding="utf-8")
    assert run(tmp_path, [first], ("measure=chronic_absence",))[0] == 0
    second = tmp_path / "trend_b.csv"
    second.write_text(CONNECTICUT.lstrip("\n").replace("2020-21", "2022-23").replace("2021-22", "2023-24"))
    flags = ["--mapping", str(tmp_path / "network" / "mappings" / "trend-a.yaml")]
    done = CliRunner().invoke(pdsa, ["import", str(second), "--into", str(tmp_path / "network"), "--batch", *flags])
    assert done.exit_code == 0, done.output
    assert "Mead chronic_absence 2023-07-01 - suppressed" in [
        one for file in (tmp_path / "network" / "observations").glob("*.csv") for one in lines_of(file)
    ]


def lines_of(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as opened:
        return [line(row) for row in csv.DictReader(opened)]
